"""Power laws, known by hand and by numpy."""

import numpy as np
import pytest

from rs_core.study.scaling.fit import FEWEST_POINTS, fit_power_law, power_law_of_small_networks

FLOPS = [1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9]
EXACT = [(flops, 2000.0 * flops**-0.3) for flops in FLOPS]


def test_an_exact_law_is_found_again():
    law = fit_power_law(EXACT)
    assert law.exponent == pytest.approx(-0.3)
    assert law.coefficient == pytest.approx(2000.0)
    assert law.r_squared == pytest.approx(1.0)
    assert law.error(5e7) == pytest.approx(2000.0 * 5e7**-0.3)
    assert (law.num_points, law.smallest, law.largest) == (7, 1e6, 1e9)


def test_a_scattered_one_is_the_least_squares_line_of_numpy():
    rng = np.random.default_rng(0)
    points = [(flops, error * float(np.exp(rng.normal(0, 0.3)))) for flops, error in EXACT]
    x, y = np.log(np.array(points)).T
    slope, intercept = np.polyfit(x, y, 1)
    law = fit_power_law(points)
    assert law.exponent == pytest.approx(slope)
    assert law.coefficient == pytest.approx(np.exp(intercept))
    assert law.r_squared == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


def test_only_the_small_networks_are_on_the_line_where_the_large_ones_level_off():
    flat = [(flops, max(error, 10.0)) for flops, error in EXACT]
    law = power_law_of_small_networks([*reversed(flat)], least_r_squared=0.999)
    assert law is not None
    assert law.largest == max(flops for flops, error in EXACT if error > 10.0)
    assert law.exponent == pytest.approx(-0.3)


@pytest.mark.parametrize(
    "points",
    [
        EXACT[: FEWEST_POINTS - 1],
        [(flops, 1 / error) for flops, error in EXACT],  # rising
        [(flops, 10.0) for flops in FLOPS],  # flat
        [(1e6, error) for _, error in EXACT],  # of one cost
        list(zip(FLOPS, [10, 40, 5, 50, 20, 3, 60], strict=True)),  # scattered
        [(flops, 0.0) for flops in FLOPS],  # without an error
    ],
)
def test_no_law_is_claimed_where_none_holds(points):
    assert power_law_of_small_networks(points) is None


def test_networks_without_an_error_are_left_out():
    law = power_law_of_small_networks([*EXACT, (3e9, 0.0)])
    assert law is not None
    assert law.num_points == len(EXACT)

"""Intervals hold what they promise, for values of known statistics."""

import random
import statistics

import pytest
from scipy import stats

from rs_core.bench.models.intervals import estimate, neighbour_correlation, t_quantile


@pytest.mark.parametrize("degrees_of_freedom", [1, 2, 3, 5, 10, 11, 15, 30, 59, 200])
def test_the_quantiles_are_those_of_students_t(degrees_of_freedom):
    assert t_quantile(degrees_of_freedom) == pytest.approx(stats.t.ppf(0.975, degrees_of_freedom), abs=6e-4)


def drifting(rng, *, num_rounds, num_blocks, memory, between):
    """Make rounds whose blocks remember a share of the block before, and whose level differs."""
    rounds = []
    for _ in range(num_rounds):
        level, noise, blocks = 10 + rng.gauss(0, between), rng.gauss(0, 1), []
        for _ in range(num_blocks):
            noise = memory * noise + (1 - memory**2) ** 0.5 * rng.gauss(0, 1)
            blocks.append(level + noise)
        rounds.append(blocks)
    return rounds


@pytest.mark.parametrize(
    "kind",
    [
        {"num_rounds": 1, "num_blocks": 20, "memory": 0.0, "between": 0.0},
        {"num_rounds": 3, "num_blocks": 20, "memory": 0.0, "between": 0.0},
        {"num_rounds": 3, "num_blocks": 20, "memory": 0.7, "between": 0.0},
        {"num_rounds": 3, "num_blocks": 20, "memory": 0.3, "between": 1.0},
    ],
)
def test_the_interval_holds_the_true_mean_as_often_as_it_says(kind):
    rng = random.Random(0)
    estimates = [estimate(drifting(rng, **kind)) for _ in range(600)]
    # 0.95, less three standard errors of a share of 600.
    assert statistics.fmean(abs(one.mean - 10) <= one.half_width for one in estimates) >= 0.95 - 3 * 0.009


def test_blocks_that_resemble_their_neighbours_widen_the_interval():
    rng = random.Random(1)
    (blocks,) = drifting(rng, num_rounds=1, num_blocks=200, memory=0.8, between=0.0)
    shuffled = rng.sample(blocks, len(blocks))
    assert neighbour_correlation([blocks]) == pytest.approx(0.8, abs=0.15)
    assert estimate([blocks]).half_width > 2 * estimate([shuffled]).half_width


def test_rounds_that_differ_widen_the_interval():
    alike, apart = [[1.0, 1.1]] * 3, [[1.0, 1.1], [2.0, 2.1], [3.0, 3.1]]
    assert estimate(apart).half_width > 10 * estimate(alike).half_width


def test_a_single_value_has_no_interval():
    assert estimate([[0.5]]).half_width is None


def test_values_that_are_all_the_same_have_an_interval_of_nothing():
    assert estimate([[2.0, 2.0, 2.0]]).half_width == 0.0

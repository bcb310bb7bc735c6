"""What is drawn for each view, against the stated distributions."""

import math

import pytest
import torch

from rs_core import UserError
from rs_transfer.simclr.views.config import ViewsConfig
from rs_transfer.simclr.views.draws import NOT_JITTERED, ORDERS, draw

MANY = 40_000


def draws_of(count=MANY, horizontal_flip=0.5, **changes):
    return draw(ViewsConfig(**changes), horizontal_flip, count, torch.Generator().manual_seed(0))


def share(chosen):
    return chosen.double().mean().item()


def assert_uniform(values, low, high):
    """Kolmogorov and Smirnov's distance from the uniform distribution, below what chance exceeds once in a million."""
    assert low <= values.min()
    assert values.max() <= high
    places = (values.double().sort().values - low) / (high - low)
    steps = torch.arange(len(values) + 1, dtype=torch.float64) / len(values)
    distance = torch.maximum((places - steps[:-1]).abs(), (places - steps[1:]).abs()).max()
    assert distance < 2.7 / math.sqrt(len(values))


def test_each_chance_is_the_stated_one():
    draws = draws_of()
    assert share(draws.flipped) == pytest.approx(0.5, abs=0.015)
    assert share(draws.orders != NOT_JITTERED) == pytest.approx(0.8, abs=0.012)
    assert share(draws.grey) == pytest.approx(0.2, abs=0.012)
    assert share(draws.blurred) == pytest.approx(0.5, abs=0.015)


def test_a_chance_of_nought_never_comes_and_of_one_always():
    never = draws_of(horizontal_flip=0, jitter=0, grey=0, blur=0)
    always = draws_of(horizontal_flip=1, jitter=1, grey=1, blur=1)
    for name in ("flipped", "grey", "blurred"):
        assert not getattr(never, name).any()
        assert getattr(always, name).all()
    assert (never.orders == NOT_JITTERED).all()
    assert (always.orders < NOT_JITTERED).all()


def test_the_changes_come_in_all_orders_alike():
    orders = draws_of().orders
    counts = torch.bincount(orders)[:NOT_JITTERED].double()
    assert len(set(ORDERS)) == len(counts) == math.factorial(4)
    expected = counts.mean()
    assert ((counts - expected) ** 2 / expected).sum() < 75  # chi squared with 23 degrees: once in a million


@pytest.mark.parametrize(("strength", "limits"), [(1.0, (0.2, 1.8)), (0.5, (0.6, 1.4)), (2.0, (0.0, 2.6))])
def test_factors_are_uniform_around_one(strength, limits):
    draws = draws_of(strength=strength)
    for name in ("brightness", "contrast", "saturation"):
        assert_uniform(getattr(draws, name), *limits)
    assert_uniform(draws.hue, -0.2 * strength, 0.2 * strength)


def test_additive_brightness_is_uniform_around_nought():
    assert_uniform(draws_of(strength=0.5, brightness="additive").brightness, -0.4, 0.4)


def test_the_widths_of_blurs_are_uniform():
    assert_uniform(draws_of().sigmas, 0.1, 2.0)
    assert_uniform(draws_of(sigma=(0.5, 0.75)).sigmas, 0.5, 0.75)


def test_no_draw_follows_from_another():
    draws = draws_of()
    names = ("flipped", "brightness", "contrast", "saturation", "hue", "grey", "blurred", "sigmas")
    numbers = torch.stack([getattr(draws, name).double() for name in names])
    correlations = torch.corrcoef(numbers) - torch.eye(len(names))
    assert correlations.abs().max() < 5 / math.sqrt(MANY)


def test_a_batch_gets_what_its_views_would_get_one_after_the_other():
    config, generator = ViewsConfig(), torch.Generator().manual_seed(3)
    one_by_one = [draw(config, 0.5, 1, generator) for _ in range(5)]
    together = draw(config, 0.5, 5, torch.Generator().manual_seed(3))
    for name, values in vars(together).items():
        assert torch.equal(values, torch.cat([getattr(one, name) for one in one_by_one])), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jitter": 1.5}, r"views\.jitter=1\.5"),
        ({"blur": -0.1}, r"views\.blur=-0\.1"),
        ({"strength": 3.0}, r"views\.strength=3\.0"),
        ({"sigma": (2.0, 1.0)}, r"views\.sigma=\(2\.0, 1\.0\)"),
        ({"brightness": "more"}, "brightness='more'"),
    ],
)
def test_impossible_views_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        ViewsConfig(**change)

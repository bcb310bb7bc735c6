"""Depth against width, on made-up errors."""

import math

import pytest

from rs_core.study.scaling.config import Axes
from rs_core.study.scaling.grid import Network, Point
from rs_core.study.scaling.published import FIGURE_3
from rs_core.study.scaling.winners import compare_paths, noise_of, verdict

AXES = Axes(widths=(0.5, 1.0), depths=(14, 50), resolutions=(16, 32), epochs=(3.0, 12.0))
FLOPS = {Network(r, d, w): d * w**2 * r**2 for r in (16, 32) for d in (14, 50) for w in (0.5, 1.0)}


def errors(deeper, wider, epochs=3.0, resolution=16):
    return {
        Point(epochs, Network(resolution, 50, 0.5)): deeper,
        Point(epochs, Network(resolution, 14, 1.0)): wider,
    }


def test_the_smaller_error_wins_in_each_regime_on_its_own():
    made_up = errors([10.0], [30.0]) | errors([30.0], [10.0], epochs=12.0) | errors([20.0], [20.1], resolution=32)
    found = compare_paths(AXES, made_up, FLOPS, num_held_out=1000)
    assert [(c.epochs, c.deeper.resolution, c.winner) for c in found] == [
        (3.0, 16, "depth"),
        (3.0, 32, "tie"),
        (12.0, 16, "width"),
    ]


def test_a_difference_that_so_many_images_cannot_tell_is_a_tie():
    made_up = errors([10.0], [12.0])
    assert compare_paths(AXES, made_up, FLOPS, num_held_out=100)[0].winner == "tie"
    assert compare_paths(AXES, made_up, FLOPS, num_held_out=10_000)[0].winner == "depth"


def test_a_difference_within_the_spread_of_the_seeds_is_a_tie():
    assert compare_paths(AXES, errors([5.0, 15.0], [12.0, 12.0]), FLOPS, num_held_out=10**9)[0].winner == "tie"
    assert compare_paths(AXES, errors([9.9, 10.1], [12.0, 12.0]), FLOPS, num_held_out=10**9)[0].winner == "depth"


def test_noise_is_a_standard_error_of_images_or_of_seeds():
    assert noise_of([50.0], [50.0], 5000) == pytest.approx(1.0)
    assert noise_of([48.0, 52.0], [50.0, 50.0], 10**9) == pytest.approx(math.sqrt(8 / 2))


def test_networks_of_unequal_cost_are_not_compared():
    unequal = dict(FLOPS) | {Network(16, 50, 0.5): 2 * FLOPS[Network(16, 14, 1.0)]}
    assert compare_paths(AXES, errors([10.0], [30.0]), unequal, 1000) == []


def test_a_network_that_is_not_trained_is_not_compared():
    made_up = errors([10.0], [30.0])
    made_up.popitem()
    assert compare_paths(AXES, made_up, FLOPS, 1000) == []


def test_the_read_offs_say_what_the_paper_says():
    winners = {epochs: [r.winner for r in FIGURE_3 if r.epochs == epochs] for epochs in (10, 100, 350)}
    assert set(winners[10]) == {"width"}
    assert set(winners[350]) == {"depth"}
    assert set(winners[100]) == {"depth", "tie"}


def test_the_noise_itself_is_still_a_tie():
    assert verdict(10.0, 9.0, noise=1.0) == "tie"
    assert verdict(10.0, 8.9, noise=1.0) == "width"

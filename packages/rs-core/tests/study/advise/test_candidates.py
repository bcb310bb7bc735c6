"""The two strategies as paths of networks."""

import pytest

from rs_core.study.advise.candidates import path, regime_of, strategies_of
from rs_core.study.advise.question import DataFacts, Question
from rs_core.study.scaling.grid import Network
from rs_core.train.config import DataConfig


def question(short_side=375, **options) -> Question:
    facts = DataFacts(data=DataConfig(root="photos"), num_images=10**6, num_classes=10, short_side=short_side)
    return Question(facts=facts, epochs=100.0, budget=3600.0, **options)


def test_the_papers_trainings_are_of_the_three_regimes():
    assert [regime_of(epochs) for epochs in (10, 100, 350)] == ["short", "medium", "long"]
    assert [strategies_of(regime_of(epochs))[0] for epochs in (10, 100, 350)] == ["width", "depth", "depth"]


def test_depth_grows_along_the_released_rows():
    networks = path("depth", question())
    assert networks[-1] == Network(320, 420, 1.0)
    assert Network(192, 152, 1.0) in networks
    assert {network.width for network in networks if network.depth > 50} == {1.0}


def test_width_grows_to_the_papers_widest_before_the_resolution_does():
    networks = path("width", question())
    assert networks[-2:] == [Network(256, 101, 2.0), Network(320, 101, 2.0)]
    assert max(network.depth for network in networks) == 101
    assert {network.resolution for network in networks if network.width == 1.5} == {160}


@pytest.mark.parametrize("strategy", ["depth", "width"])
@pytest.mark.parametrize("short_side", [20, 40, 64, 100, 200, 5000])
def test_no_image_is_made_larger_than_it_is_or_than_320(strategy, short_side):
    networks = path(strategy, question(short_side))
    assert max(network.resolution for network in networks) <= min(320, short_side)
    assert len(networks) == len(set(networks))


def test_small_images_are_taken_as_they_are():
    assert {network.resolution for network in path("depth", question(short_side=33))} == {32}


def test_a_resolution_that_was_asked_for_is_kept():
    assert {network.resolution for network in path("width", question(resolution=448))} == {448}

"""What is recommended for a budget, at made-up speeds."""

import pytest

from rs_core.study.advise.question import DataFacts, Question
from rs_core.study.advise.recommend import OVERHEAD, advise
from rs_core.study.scaling import speed
from rs_core.study.scaling.grid import Network, flops_and_parameters
from rs_core.train.config import DataConfig
from rs_core.train.precision import resolve_machine

CPU = resolve_machine("cpu", "float32")
FLOPS_A_SECOND = 1e13
DAY = 86_400.0


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """A device that makes so many FLOPs a second with any network; gives the networks that were measured."""
    networks = []

    def images_per_second(model, resolution, batch_size, machine):
        flops, _ = flops_and_parameters(model, resolution)
        networks.append((sum(model.blocks), model.width_multiplier, resolution))
        return FLOPS_A_SECOND / flops

    monkeypatch.setattr(speed, "images_per_second", images_per_second)
    return networks


def ask(epochs, budget, num_images=1_281_167, short_side=400, **options):
    facts = DataFacts(data=DataConfig(root="photos"), num_images=num_images, num_classes=10, short_side=short_side)
    return advise(Question(facts=facts, epochs=epochs, budget=budget, **options), CPU, num_threads=1)


def test_a_long_training_goes_deeper_and_a_short_one_wider():
    days = 350 * 1_281_167 * 24e9 * OVERHEAD / FLOPS_A_SECOND  # RS-152 at 224 px has 23.79 G
    long = ask(350.0, days)
    assert long.recommended.network == Network(224, 152, 1.0)
    assert long.recommended.strategy == "depth"
    short = ask(10.0, days * 10 / 350)
    assert short.recommended.strategy == "width"
    assert short.recommended.network.depth == 101
    assert short.recommended.network.width > 1
    assert "width beats depth" in short.reasons[0]
    assert "depth beats width" in long.reasons[0]


def test_the_runner_up_is_the_best_of_the_other_strategy():
    advice = ask(100.0, 10 * DAY)
    assert advice.recommended.strategy == "depth"
    assert advice.runner_up is not None
    assert advice.runner_up.strategy == "width"
    assert advice.runner_up.network != advice.recommended.network


def test_everything_recommended_fits_the_budget_and_more_of_it_gives_no_smaller_network():
    flops = []
    for days in (0.1, 0.3, 1, 3, 10, 30, 100):
        advice = ask(350.0, days * DAY)
        assert advice.recommended.seconds <= days * DAY
        flops.append(FLOPS_A_SECOND * advice.recommended.seconds)
    assert flops == sorted(flops)
    assert advice.recommended.network == Network(320, 420, 1.0)


def test_a_few_networks_are_measured_and_none_that_is_far_beyond_the_budget(measured):
    ask(350.0, 1 * DAY)
    assert len(set(measured)) == len(measured) <= 5
    assert max(blocks for blocks, _, _ in measured) <= 33


def test_with_little_time_the_runner_up_is_the_next_smaller_network():
    advice = ask(350.0, 0.5 * DAY)
    assert advice.recommended.network.width < 1
    assert advice.runner_up is not None
    assert advice.runner_up.seconds < advice.recommended.seconds


def test_a_budget_too_small_names_the_smallest_that_does(refusal):
    message = refusal(ask, 350.0, 60.0)
    assert message.startswith("--budget 60s: the smallest network, depth 26, width 0.25, 128 px, takes about ")
    needed = message.partition("takes about ")[2].split()[0]
    assert needed.endswith(("m", "h"))
    assert ask(350.0, 60.0 * int(needed[:-1]) * (60 if needed.endswith("h") else 1)).runner_up is None


def test_few_images_are_pointed_to_a_study_of_their_own():
    assert any("rs-core study scaling" in reason for reason in ask(350.0, DAY, num_images=5000).reasons)
    assert not any("rs-core study scaling" in reason for reason in ask(350.0, 30 * DAY).reasons)


def test_the_resolution_is_explained():
    assert any("160 px was asked for" in reason for reason in ask(10.0, DAY, resolution=160).reasons)
    assert any("no larger" in reason for reason in ask(10.0, DAY, short_side=32).reasons)
    assert any("beyond 320 px" in reason for reason in ask(10.0, DAY).reasons)

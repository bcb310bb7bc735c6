"""The learning rate against curves recorded from the released code."""

import dataclasses

import numpy as np
import pytest

from rs_core.recipes import OptimizerConfig, ScheduleConfig, get_recipe
from rs_core.train.schedule import cosine, learning_rate_schedule, num_steps, stepwise

IMAGENET_IMAGES = 1_281_167


@pytest.fixture(scope="module")
def curves(shared):
    return np.load(shared / "oracles/recipe_curves.npz")


def test_the_cosine_is_model_gardens(curves):
    learning_rate = cosine(1.6, 109_200, 1_560)
    ours = [learning_rate(int(step)) for step in curves["t2_lr_steps"]]
    np.testing.assert_allclose(ours, curves["t2_lr"], rtol=3e-7, atol=3e-7)  # recorded in float32


def test_the_steps_are_the_released_trainers(curves):
    learning_rate = stepwise(1.6, 350, ScheduleConfig(warmup_epochs=19), IMAGENET_IMAGES / 4096)
    ours = [learning_rate(int(step)) for step in curves["t1_lr_steps"]]
    np.testing.assert_allclose(ours, curves["t1_lr"], rtol=3e-7, atol=3e-7)


def test_a_recipe_peaks_at_a_tenth_for_each_256_images_and_ends_at_zero():
    recipe = get_recipe("resnet_rs_50_i160")
    learning_rate = learning_rate_schedule(recipe, IMAGENET_IMAGES)
    total = num_steps(recipe.epochs, IMAGENET_IMAGES, recipe.batch_size)
    rates = [learning_rate(step) for step in range(0, total, 10)]
    assert learning_rate(0) == 0
    assert max(rates) == pytest.approx(1.6, rel=1e-3)
    assert np.argmax(rates) * 10 == pytest.approx(5 * IMAGENET_IMAGES / 4096, abs=10)
    assert learning_rate(total) == pytest.approx(0, abs=1e-12)


def test_the_peak_grows_with_the_batch_or_with_its_root():
    linear = OptimizerConfig(learning_rate_per_256=0.3)
    root = OptimizerConfig(learning_rate_per_256=1.2, learning_rate_scaling="sqrt")
    assert [linear.peak_learning_rate(batch) for batch in (256, 1024, 4096)] == pytest.approx([0.3, 1.2, 4.8])
    assert [root.peak_learning_rate(batch) for batch in (256, 1024, 4096)] == pytest.approx([1.2, 2.4, 4.8])
    assert root.peak_learning_rate(512) == pytest.approx(0.075 * 512**0.5)  # as SimCLR states it


def test_the_step_decay_of_a_recipe_falls_at_whole_epochs():
    schedule = ScheduleConfig(decay="step", warmup_epochs=19)
    recipe = dataclasses.replace(get_recipe("resnet_rs_50_i160"), schedule=schedule)
    learning_rate = learning_rate_schedule(recipe, 4096)  # one step an epoch
    assert [learning_rate(epoch) for epoch in (115, 116, 232, 233, 310, 311)] == pytest.approx(
        [1.6, 0.16, 0.16, 0.016, 0.016, 0.0016]
    )


@pytest.mark.parametrize(
    ("milestones", "epochs", "falls_at"), [((0.25, 0.5, 0.75), 120, (30, 60, 90)), ((0.29, 0.57), 100, (29, 57))]
)
def test_the_milestones_of_a_recipe_are_shares_of_its_epochs(milestones, epochs, falls_at):
    """Bag of Tricks divides after 30, 60 and 90 of 120 epochs; 0.29 * 100 and 0.57 * 100 are not whole in binary."""
    schedule = ScheduleConfig(decay="step", warmup_epochs=0, milestones=milestones)
    recipe = dataclasses.replace(get_recipe("resnet_rs_50_i160"), schedule=schedule, epochs=epochs)
    learning_rate = learning_rate_schedule(recipe, 4096)  # one step an epoch
    rates = [learning_rate(epoch) for epoch in range(epochs)]
    falls = [epoch for epoch in range(1, epochs) if rates[epoch] < rates[epoch - 1]]
    assert falls == list(falls_at)
    assert rates[-1] == pytest.approx(rates[0] / 10 ** len(falls_at))


def test_without_warm_up_training_starts_at_the_peak():
    assert cosine(0.4, 100, 0)(0) == 0.4
    assert stepwise(0.4, 90, ScheduleConfig(warmup_epochs=0), 1.0)(0) == 0.4


def test_epochs_become_steps_rounded_up():
    assert num_steps(350, IMAGENET_IMAGES, 4096) == 109_475
    assert num_steps(0.001, 10, 64) == 1

"""The recipes against the published numbers, and their laptop forms."""

import dataclasses

import pytest

from rs_core import UserError
from rs_core.train.optimizer import LARS, build_optimizer
from rs_core.train.schedule import learning_rate_schedule, num_steps
from rs_transfer.simclr.network import SimCLRNetwork
from rs_transfer.simclr.recipes import PUBLISHED, get_simclr_recipe, laptop, list_simclr_recipes

IMAGENET_IMAGES = 1_281_167


@pytest.mark.parametrize(
    ("name", "peak", "epochs"),
    [("simclr_v1_resnet_50", 4.8, 1000), ("simclr_v2_resnet_50", 6.4, 800), ("simclr_resnet_18_i32", 2.0, 1000)],
)
def test_the_learning_rate_peaks_where_the_papers_say(name, peak, epochs):
    recipe = get_simclr_recipe(name)
    assert recipe.optimizer.peak_learning_rate(recipe.batch_size) == pytest.approx(peak)
    assert recipe.epochs == epochs


def test_the_second_version_warms_up_for_a_twentieth_of_its_epochs():
    recipe = get_simclr_recipe("simclr_v2_resnet_50")
    rate = learning_rate_schedule(recipe, IMAGENET_IMAGES)
    total = num_steps(recipe.epochs, IMAGENET_IMAGES, recipe.batch_size)
    steps = range(0, total, 100)
    assert rate(0) == 0
    assert max(steps, key=rate) / total == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("name", [*PUBLISHED, *(f"{name}_laptop" for name in PUBLISHED)])
def test_every_recipe_trains_by_lars_which_leaves_batch_norm_alone(name):
    recipe = get_simclr_recipe(name)
    network = SimCLRNetwork(recipe.model, recipe.projection)
    optimizer = build_optimizer(network, recipe.optimizer)
    assert isinstance(optimizer, LARS)
    adapted, others = optimizer.param_groups
    assert {parameter.ndim for parameter in others["params"]} == {1}
    assert all(parameter.ndim > 1 for parameter in adapted["params"])
    assert (adapted["trust_coefficient"], others["trust_coefficient"]) == (0.001, 0)
    assert others["weight_decay"] == 0


def test_the_first_version_adds_brightness_and_has_a_shorter_head():
    first, second = (get_simclr_recipe(f"simclr_v{number}_resnet_50") for number in (1, 2))
    assert (first.views.brightness, second.views.brightness) == ("additive", "multiplicative")
    assert (first.projection.num_layers, second.projection.num_layers) == (2, 3)
    assert (first.optimizer.weight_decay, second.optimizer.weight_decay) == (1e-6, 1e-4)


def test_small_images_are_not_blurred_and_lose_nothing_in_the_stem():
    for recipe in (get_simclr_recipe("simclr_resnet_18_i32"), *map(laptop, PUBLISHED.values())):
        assert recipe.resolution <= 32
        assert recipe.views.blur == 0
        assert recipe.views.strength == 0.5
        assert recipe.model.stem == "small"


def test_names_are_listed_by_a_pattern_and_unknown_ones_are_refused():
    assert list_simclr_recipes("*v1*") == ["simclr_v1_resnet_50"]
    with pytest.raises(UserError, match="unknown recipe 'simclr_v3_resnet_50'"):
        get_simclr_recipe("simclr_v3_resnet_50")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0.0}, r"temperature=0\.0: give a number above 0"),
        ({"label_smoothing": 0.1}, r"label_smoothing=0\.1: SimCLR has no labels"),
        ({"batch_size": 1}, "batch_size=1: SimCLR compares images with each other"),
    ],
)
def test_impossible_recipes_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        dataclasses.replace(get_simclr_recipe("simclr_v2_resnet_50"), **change)


def test_a_classifier_is_refused():
    recipe = get_simclr_recipe("simclr_v2_resnet_50")
    with pytest.raises(UserError, match=r"model\.num_classes=10: SimCLR has no classes"):
        dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, num_classes=10))

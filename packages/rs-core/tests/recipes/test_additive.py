"""Table 1: its figures, and a way of single changes from the classic ResNet-200 to the released ResNet-RS-200."""

from dataclasses import replace

import pytest

from rs_core.recipes import get_recipe
from rs_core.recipes.additive import ADDITIVE

# arXiv 2103.07579, table 1.
PUBLISHED = {
    "resnet_200": (79.0, None),
    "resnet_200_cosine": (79.3, 0.3),
    "resnet_200_longer_training": (78.8, -0.5),
    "resnet_200_ema": (79.1, 0.3),
    "resnet_200_label_smoothing": (80.4, 1.3),
    "resnet_200_stochastic_depth": (80.6, 0.2),
    "resnet_200_randaugment": (81.0, 0.4),
    "resnet_200_dropout": (80.7, -0.3),
    "resnet_200_lower_weight_decay": (82.2, 1.5),
    "resnet_200_se": (82.9, 0.7),
    "resnet_200_d": (83.4, 0.5),
}


def test_it_has_the_published_figures_in_the_published_order():
    assert ADDITIVE.names == list(PUBLISHED)
    gains = {step.name: step.published_gain for step in ADDITIVE.steps}
    assert {name: (ADDITIVE.published_top1(name), gains.get(name)) for name in ADDITIVE.names} == PUBLISHED


def test_it_is_one_chain():
    assert ADDITIVE.chain("resnet_200_d") == ADDITIVE.names


@pytest.mark.parametrize("step", ADDITIVE.steps, ids=lambda step: step.name)
def test_gains_lead_from_total_to_total(step):
    assert step.published_top1 == pytest.approx(ADDITIVE.published_top1(step.parent) + step.published_gain)


@pytest.mark.parametrize("step", ADDITIVE.steps, ids=lambda step: step.name)
def test_a_step_changes_what_it_names_and_nothing_else(step, row, changed):
    assert changed(row(ADDITIVE, step.parent), row(ADDITIVE, step.name)) == set(step.changes)


def test_the_baseline_is_the_classic_recipe(row):
    recipe = row(ADDITIVE, "resnet_200")
    assert (recipe.epochs, recipe.resolution, recipe.batch_size) == (90, 256, 4096)
    assert (recipe.schedule.decay, recipe.schedule.milestones) == ("step", (30 / 90, 60 / 90, 80 / 90))
    assert recipe.optimizer.weight_decay == 1e-4
    assert (recipe.label_smoothing, recipe.ema.decay, recipe.randaugment.num_layers) == (0, 0, 0)
    assert (recipe.model.dropout, recipe.model.drop_path_rate, recipe.model.se_ratio) == (0, 0, 0)
    assert (recipe.model.stem, recipe.model.stem_downsampling, recipe.model.downsampling) == ("7x7", "max_pool", "B")
    assert recipe.model.blocks == (3, 24, 36, 3)


def test_the_last_row_is_the_released_recipe(row):
    released = get_recipe("resnet_rs_200_i256")
    assert replace(row(ADDITIVE, "resnet_200_d"), recipe=released.recipe) == released

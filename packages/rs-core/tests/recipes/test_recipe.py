"""Recipes refuse settings that make no sense, in one line."""

import dataclasses

import pytest

from rs_core import UserError
from rs_core.recipes import EmaConfig, OptimizerConfig, ScheduleConfig, get_recipe

RECIPE = get_recipe("resnet_rs_50_i160")


@pytest.mark.parametrize(
    ("config", "field", "value"),
    [
        (OptimizerConfig(), "weight_decay", -1e-4),
        (OptimizerConfig(), "momentum", float("nan")),
        (OptimizerConfig(), "convention", "tf"),
        (ScheduleConfig(), "decay", "cosin"),
        (ScheduleConfig(), "warmup_epochs", -1.0),
        (EmaConfig(), "decay", 1.0),
        (RECIPE, "epochs", 0.0),
        (RECIPE, "batch_size", 0),
        (RECIPE, "resolution", -1),
        (RECIPE, "label_smoothing", 1.0),
        (RECIPE, "horizontal_flip", 1.5),
    ],
)
def test_a_bad_value_is_named_in_one_line(config, field, value):
    with pytest.raises(UserError, match=field) as caught:
        dataclasses.replace(config, **{field: value})
    assert "\n" not in str(caught.value)


def test_recipes_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPE.epochs = 1.0

"""Recipes refuse settings that make no sense, in one line."""

import dataclasses

import pytest

from rs_core import ResNet, UserError
from rs_core.recipes import DistillationConfig, EmaConfig, OptimizerConfig, ScheduleConfig, get_recipe

RECIPE = get_recipe("resnet_rs_50_i160")


@pytest.mark.parametrize(
    ("config", "field", "value"),
    [
        (OptimizerConfig(), "weight_decay", -1e-4),
        (OptimizerConfig(), "momentum", float("nan")),
        (OptimizerConfig(), "convention", "tf"),
        (ScheduleConfig(), "decay", "cosin"),
        (ScheduleConfig(), "warmup_epochs", -1.0),
        (ScheduleConfig(), "milestones", (0.5, 0.25)),
        (ScheduleConfig(), "milestones", (0.5, 0.5)),
        (ScheduleConfig(), "milestones", (0.0, 0.5)),
        (ScheduleConfig(), "milestones", (0.5, 1.0)),
        (ScheduleConfig(), "milestones", (float("nan"),)),
        (OptimizerConfig(), "weight_decay_on", "biases"),
        (DistillationConfig(), "temperature", 0.0),
        (DistillationConfig(), "temperature", float("inf")),
        (EmaConfig(), "decay", 1.0),
        (RECIPE, "epochs", 0.0),
        (RECIPE, "epochs", float("inf")),
        (RECIPE, "batch_size", 0),
        (RECIPE, "resolution", -1),
        (RECIPE, "label_smoothing", 1.0),
        (RECIPE, "horizontal_flip", 1.5),
        (RECIPE, "mixup_alpha", -0.2),
        (RECIPE, "mixup_alpha", float("nan")),
        (RECIPE, "label_smoothing_over", "right"),
    ],
)
def test_a_bad_value_is_named_in_one_line(config, field, value):
    with pytest.raises(UserError, match=field) as caught:
        dataclasses.replace(config, **{field: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stem", "stem_downsampling", "stride"), [("deep", "conv", 32), ("small", "max_pool", 16), ("small", "none", 8)]
)
def test_images_smaller_than_the_networks_stride_are_refused(stem, stem_downsampling, stride):
    model = dataclasses.replace(RECIPE.model, stem=stem, stem_downsampling=stem_downsampling)
    assert ResNet(dataclasses.replace(model, blocks=(1, 1, 1, 1))).feature_info[-1].stride == stride
    dataclasses.replace(RECIPE, model=model, resolution=stride)
    with pytest.raises(UserError, match=f"smaller than the network's stride {stride}; give at least {stride}"):
        dataclasses.replace(RECIPE, model=model, resolution=stride - 1)


def test_recipes_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPE.epochs = 1.0

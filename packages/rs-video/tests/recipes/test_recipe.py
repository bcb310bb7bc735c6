"""Recipes on video refuse settings that make no sense, in one line."""

import dataclasses
import json

import pytest

from rs_core import UserError
from rs_core.configs import from_dict
from rs_core.models import FAMILIES
from rs_video.recipes import VideoRecipe

RECIPE = VideoRecipe(recipe="test", model=FAMILIES["r3d_rs_50"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0.0),
        ("batch_size", 0),
        ("resolution", 31),
        ("horizontal_flip", -0.5),
        ("label_smoothing", 1.0),
        ("num_eval_clips", 0),
        ("num_eval_crops", -1),
        ("eval_resolution", 31),
        ("eval_short_side", 255),
    ],
)
def test_a_bad_value_is_named_in_one_line(field, value):
    with pytest.raises(UserError, match=f"{field}={value}") as caught:
        dataclasses.replace(RECIPE, **{field: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["resolution", "eval_resolution"])
def test_clips_of_exactly_the_networks_stride_are_allowed(field):
    assert getattr(dataclasses.replace(RECIPE, **{field: RECIPE.model.stride}), field) == 32


def test_views_are_clips_times_crops():
    assert dataclasses.replace(RECIPE, num_eval_clips=4, num_eval_crops=3).num_eval_views == 12


def test_it_survives_json():
    assert from_dict(VideoRecipe, json.loads(json.dumps(dataclasses.asdict(RECIPE)))) == RECIPE

"""Recipes on video refuse settings that make no sense, in one line."""

import dataclasses
import json

import pytest

from rs_core import UserError
from rs_core.configs import from_dict
from rs_core.models import FAMILIES
from rs_video.data.views import ViewConfig
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
    ],
)
def test_a_bad_value_is_named_in_one_line(field, value):
    with pytest.raises(UserError, match=f"{field}={value}") as caught:
        dataclasses.replace(RECIPE, **{field: value})
    assert "\n" not in str(caught.value)


def test_clips_of_exactly_the_networks_stride_are_allowed():
    smallest = dataclasses.replace(RECIPE, resolution=32, views=ViewConfig(resolution=32))
    assert (smallest.resolution, smallest.views.resolution) == (32, 32)
    with pytest.raises(UserError, match=r"views.resolution=31 is smaller than the network's stride 32"):
        dataclasses.replace(RECIPE, views=ViewConfig(resolution=31))


def test_views_are_clips_times_crops():
    assert ViewConfig(num_clips=4, num_crops=3).num_views == 12


def test_it_survives_json():
    assert from_dict(VideoRecipe, json.loads(json.dumps(dataclasses.asdict(RECIPE)))) == RECIPE

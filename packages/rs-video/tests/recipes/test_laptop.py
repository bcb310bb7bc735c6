"""The laptop form keeps the methods of its recipe, fits the moving digits and mirrors nothing."""

import pytest
import torch

from rs_core.bench import count_flops
from rs_core.models import build_model
from rs_video.moving_digits.videos import NUM_FRAMES
from rs_video.recipes import PUBLISHED, get_video_recipe, laptop, list_video_recipes


@pytest.mark.parametrize("name", list_video_recipes())
def test_it_keeps_every_method_of_its_recipe(name):
    recipe, small = PUBLISHED[name], get_video_recipe(f"{name}_laptop")
    assert small == laptop(recipe)
    assert small.recipe == f"{name}_laptop"
    for method in ("label_smoothing", "ema", "schedule"):
        assert getattr(small, method) == getattr(recipe, method)
    for option in ("dropout", "drop_path_rate", "se_ratio", "self_gating", "stem", "bn_momentum", "init", "padding"):
        assert getattr(small.model, option) == getattr(recipe.model, option)
    assert small.optimizer.weight_decay == recipe.optimizer.weight_decay
    assert small.published_top1 == 0


@pytest.mark.parametrize("name", list_video_recipes())
def test_nothing_is_mirrored_because_the_class_is_the_motion(name):
    assert get_video_recipe(f"{name}_laptop").horizontal_flip == 0


@pytest.mark.parametrize("name", list_video_recipes())
def test_a_clip_fits_into_a_built_in_video(name):
    clip = get_video_recipe(f"{name}_laptop").clip
    assert 1 + (clip.num_frames - 1) * clip.frame_stride < NUM_FRAMES


@pytest.mark.parametrize("name", list_video_recipes())
def test_an_epoch_takes_few_flops(name):
    small = get_video_recipe(f"{name}_laptop")
    with torch.device("meta"):
        model = build_model(small.model)
    assert count_flops(model, small.resolution, num_frames=small.clip.num_frames) < 1e9

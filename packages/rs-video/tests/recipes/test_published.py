"""The recipes on video: every number of the released configuration file, and of the baseline's sources."""

import dataclasses

import pytest
import torch

from rs_core import UserError
from rs_core.bench import count_parameters
from rs_core.models import build_model
from rs_core.recipes import ScheduleConfig
from rs_core.train.schedule import learning_rate_schedule, num_steps
from rs_video.data.views import ViewConfig
from rs_video.recipes import get_video_recipe, list_video_recipes

KINETICS_CLIPS = 215_570


def built(model):
    with torch.device("meta"):
        return build_model(model)


def test_r3d_rs_50_is_trained_as_released():
    # tensorflow/models:official/vision/configs/experiments/video_classification/k400_resnet3drs_50_tpu.yaml
    recipe = get_video_recipe("r3d_rs_50")
    assert recipe.batch_size == 1024
    assert recipe.label_smoothing == 0.1
    assert recipe.optimizer.weight_decay == 4e-5
    assert recipe.optimizer.weight_decay_on == "kernels"
    assert (recipe.optimizer.momentum, recipe.optimizer.nesterov) == (0.9, True)
    assert recipe.optimizer.convention == "keras"
    assert recipe.optimizer.clip_grad_norm == 0
    assert (recipe.ema.decay, recipe.ema.start) == (0.9999, "zero")
    assert (recipe.clip.num_frames, recipe.clip.frame_stride) == (32, 2)
    assert recipe.resolution == 224
    assert recipe.horizontal_flip == 0.5
    assert (recipe.crop.area, recipe.crop.aspect) == ((0.08, 1.0), (0.5, 2.0))
    assert (recipe.crop.min_object_covered, recipe.crop.num_attempts) == (0.1, 100)
    assert recipe.views == ViewConfig(num_clips=10, num_crops=3, short_side=256, resolution=256)
    assert recipe.views.num_views == 30
    assert recipe.published_top1 == 78.2


def test_r3d_rs_50_is_built_as_released():
    model = get_video_recipe("r3d_rs_50").model
    assert model.blocks == (3, 4, 6, 3)
    assert model.num_classes == 400
    assert (model.stem, model.stem_widths) == ("deep", (32, 32, 64))
    assert (model.stem_temporal_kernel_size, model.stem_temporal_stride, model.pool_temporal_stride) == (5, 2, 1)
    assert model.temporal_kernel_sizes == ((1,), (1,), (3,), (3,))
    assert model.temporal_strides == (1, 1, 1, 1)
    assert (model.self_gating, model.se_ratio) == ("before_se", 0.25)
    assert (model.drop_path_rate, model.drop_path_profile) == (0.1, "stage")
    assert model.dropout == 0.5
    # Momentum 0 of the released code is 1 in PyTorch's convention.
    assert (model.activation, model.bn_eps, model.bn_momentum) == ("relu", 1e-5, 1.0)
    assert (model.padding, model.zero_gamma, model.init) == ("same", False, "tf2")


@pytest.mark.parametrize(("name", "steps"), [("r3d_rs_50", 73_682), ("r3d_50", 42_104)])
def test_the_learning_rate_takes_the_released_number_of_steps(name, steps):
    recipe = get_video_recipe(name)
    assert num_steps(recipe.epochs, KINETICS_CLIPS, recipe.batch_size) == steps
    learning_rate = learning_rate_schedule(recipe, KINETICS_CLIPS)
    assert learning_rate(steps) == 0
    rising = [learning_rate(step) for step in range(1052)]
    assert rising[0] == 0
    assert max(range(1052), key=rising.__getitem__) == 1050
    # The cosine of 0.8 counts from step 0.
    without_warmup = dataclasses.replace(recipe, schedule=ScheduleConfig(warmup_epochs=0.0))
    curve = learning_rate_schedule(without_warmup, KINETICS_CLIPS)
    assert curve(0) == pytest.approx(0.8)
    assert rising[1050] == pytest.approx(curve(1050))
    assert rising[525] == pytest.approx(rising[1050] / 2)


def test_the_baseline_has_no_method_of_the_study():
    recipe = get_video_recipe("r3d_50")
    assert recipe.epochs == 200
    assert recipe.label_smoothing == 0
    assert recipe.ema.decay == 0
    assert recipe.optimizer.weight_decay == 1e-4
    assert recipe.crop.area == (0.49, 1.0)
    assert (recipe.model.dropout, recipe.model.drop_path_rate, recipe.model.se_ratio) == (0, 0, 0)
    assert (recipe.model.stem, recipe.model.self_gating, recipe.model.bn_momentum) == ("7x7", "none", 0.1)
    assert recipe.published_top1 == 73.4


def test_the_networks_have_the_published_numbers_of_parameters():
    assert count_parameters(built(get_video_recipe("r3d_rs_50").model)) == 48_129_840
    backbone = dataclasses.replace(get_video_recipe("r3d_50").model, num_classes=0)
    assert count_parameters(built(backbone)) == 31_672_128


@pytest.mark.parametrize(
    ("name", "blocks", "num_frames", "top1"),
    [
        ("r3d_rs_101", (3, 4, 23, 3), 32, 79.5),
        ("r3d_rs_152", (3, 8, 36, 3), 32, 79.9),
        ("r3d_rs_200", (3, 24, 36, 3), 32, 80.4),
        ("r3d_rs_200_48x2", (3, 24, 36, 3), 48, 81.0),
    ],
)
def test_deeper_networks_differ_from_the_50_in_depth_and_frames(name, blocks, num_frames, top1):
    recipe, released = get_video_recipe(name), get_video_recipe("r3d_rs_50")
    assert recipe.model.blocks == blocks
    assert (recipe.clip.num_frames, recipe.clip.frame_stride) == (num_frames, 2)
    assert recipe.published_top1 == top1
    same = {"recipe": released.recipe, "published_top1": released.published_top1, "clip": released.clip}
    same["model"] = dataclasses.replace(recipe.model, blocks=released.model.blocks)
    assert dataclasses.replace(recipe, **same) == released


def test_a_recipe_has_the_name_that_it_is_listed_under():
    assert all(get_video_recipe(name).recipe == name for name in list_video_recipes())
    assert list_video_recipes("r3d_rs_200*") == ["r3d_rs_200", "r3d_rs_200_48x2"]


def test_an_unknown_recipe_is_answered_with_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'r3d_rs_101'"):
        get_video_recipe("r3d_rs101")
    with pytest.raises(UserError, match="unknown recipe"):
        get_video_recipe("r3d_rs_50_laptop_laptop")

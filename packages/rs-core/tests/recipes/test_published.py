"""The eleven published rows: every number of the released configuration files."""

import pytest

from rs_core import UserError
from rs_core.recipes import PUBLISHED, get_recipe, laptop, list_recipes
from rs_core.train.schedule import num_steps

IMAGENET_IMAGES = 1_281_167

# depth, resolution, RandAugment magnitude, dropout, stochastic depth, the paper's top-1
RELEASED = [
    (50, 160, 10, 0.25, 0.0, 78.8),
    (101, 160, 10, 0.25, 0.0, 80.3),
    (101, 192, 15, 0.25, 0.0, 81.2),
    (152, 192, 15, 0.25, 0.0, 82.0),
    (152, 224, 15, 0.25, 0.0, 82.8),
    (152, 256, 15, 0.25, 0.0, 83.0),
    (200, 256, 15, 0.25, 0.1, 83.4),
    (270, 256, 15, 0.25, 0.1, 83.8),
    (350, 256, 15, 0.25, 0.1, 84.0),
    (350, 320, 15, 0.40, 0.1, 84.2),
    (420, 320, 15, 0.40, 0.1, 84.4),
]


def test_there_is_one_recipe_for_each_released_configuration():
    assert list_recipes() == [f"resnet_rs_{depth}_i{resolution}" for depth, resolution, *_ in RELEASED]
    assert list_recipes("*i320") == ["resnet_rs_350_i320", "resnet_rs_420_i320"]


@pytest.mark.parametrize(("depth", "resolution", "magnitude", "dropout", "drop_path", "top1"), RELEASED)
def test_a_recipe_has_the_released_numbers(depth, resolution, magnitude, dropout, drop_path, top1):
    recipe = get_recipe(f"resnet_rs_{depth}_i{resolution}")
    assert recipe.resolution == resolution
    assert recipe.randaugment.num_layers == 2
    assert recipe.randaugment.magnitude == magnitude
    assert recipe.randaugment.mode == "faithful"
    assert recipe.model.dropout == dropout
    assert recipe.model.drop_path_rate == drop_path
    assert recipe.model.drop_path_profile == "stage"
    assert recipe.model.bn_momentum == 1.0
    assert recipe.model.se_ratio == 0.25
    assert recipe.published_top1 == top1
    assert recipe.batch_size == 4096
    assert recipe.optimizer.learning_rate_per_256 == 0.1
    assert recipe.optimizer.weight_decay == 4e-5
    assert recipe.optimizer.momentum == 0.9
    assert recipe.optimizer.nesterov
    assert recipe.optimizer.clip_grad_norm == 0
    assert recipe.label_smoothing == 0.1
    assert recipe.ema.decay == 0.9999
    assert recipe.schedule.decay == "cosine"
    assert num_steps(recipe.epochs, IMAGENET_IMAGES, recipe.batch_size) == 109_475


@pytest.mark.parametrize("name", list_recipes())
def test_the_laptop_form_keeps_every_method_of_its_recipe(name):
    recipe, small = PUBLISHED[name], get_recipe(f"{name}_laptop")
    assert small == laptop(recipe)
    for method in ("label_smoothing", "ema", "schedule", "crop_rule"):
        assert getattr(small, method) == getattr(recipe, method)
    for option in ("dropout", "drop_path_rate", "se_ratio", "downsampling", "zero_gamma", "bn_momentum", "init"):
        assert getattr(small.model, option) == getattr(recipe.model, option)
    assert small.randaugment.magnitude == recipe.randaugment.magnitude
    assert small.randaugment.translate_const / small.resolution == pytest.approx(100 / recipe.resolution)
    assert small.published_top1 == 0


def test_an_unknown_recipe_is_answered_with_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'resnet_rs_152_i224'"):
        get_recipe("resnet_rs_152_224")
    with pytest.raises(UserError, match="did you mean 'resnet_rs_50_i160'"):
        get_recipe("resnetrs_50_i160_laptop")
    with pytest.raises(UserError, match="unknown recipe"):
        get_recipe("resnet_rs_50_i160_laptop_laptop")

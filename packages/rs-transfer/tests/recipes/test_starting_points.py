"""How starting points are trained: the paper's subset, the standard baseline, and the laptop form of each."""

import pytest

from rs_core.errors import UserError
from rs_core.models import image_model_config
from rs_transfer.recipes import get_transfer_recipe, list_transfer_recipes


def test_both_ways_are_there_for_both_networks():
    assert list_transfer_recipes() == [
        "resnet_50_transfer",
        "resnet_152_transfer",
        "resnet_50_supervised",
        "resnet_152_supervised",
    ]


@pytest.mark.parametrize("depth", [50, 152])
def test_the_subset_of_the_paper_is_on_the_plain_network(depth):
    recipe = get_transfer_recipe(f"resnet_{depth}_transfer")
    assert recipe.model == image_model_config(f"resnet_{depth}", dropout=0.25)
    assert recipe.model.drop_path_rate == 0
    assert (recipe.model.se_ratio, recipe.model.downsampling, recipe.model.stem) == (0.0, "B", "7x7")
    assert (recipe.epochs, recipe.schedule.decay, recipe.label_smoothing) == (400.0, "cosine", 0.1)
    assert recipe.optimizer.weight_decay == 4e-5
    assert recipe.randaugment.num_layers == 2
    assert recipe.ema.decay == 0


@pytest.mark.parametrize("depth", [50, 152])
def test_the_baseline_has_none_of_these_methods(depth):
    recipe = get_transfer_recipe(f"resnet_{depth}_supervised")
    assert recipe.model == image_model_config(f"resnet_{depth}")
    assert (recipe.epochs, recipe.schedule.decay, recipe.label_smoothing) == (90.0, "step", 0.0)
    assert recipe.optimizer.weight_decay == 1e-4
    assert (recipe.model.dropout, recipe.randaugment.num_layers, recipe.ema.decay) == (0.0, 0, 0.0)


@pytest.mark.parametrize("name", list_transfer_recipes())
def test_without_a_weight_average_batch_norm_averages_its_own_statistics(name):
    assert get_transfer_recipe(name).model.bn_momentum == 0.1
    assert get_transfer_recipe(f"{name}_laptop").model.bn_momentum == 0.1


@pytest.mark.parametrize("name", list_transfer_recipes())
def test_the_laptop_form_keeps_the_methods(name):
    whole, small = get_transfer_recipe(name), get_transfer_recipe(f"{name}_laptop")
    assert small.recipe == f"{name}_laptop"
    assert small.resolution == 24
    assert (small.label_smoothing, small.ema) == (whole.label_smoothing, whole.ema)
    assert small.schedule.decay == whole.schedule.decay
    assert small.model.dropout == whole.model.dropout
    assert small.randaugment.num_layers == whole.randaugment.num_layers


def test_an_unknown_recipe_is_refused_with_the_nearest():
    with pytest.raises(UserError, match=r"unknown recipe 'resnet_50_transfers'.*resnet_50_transfer"):
        get_transfer_recipe("resnet_50_transfers")

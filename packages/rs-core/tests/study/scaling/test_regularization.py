"""What runs are regularised with."""

import pytest

from rs_core.recipes import PUBLISHED, get_recipe
from rs_core.study.scaling.grid import Network
from rs_core.study.scaling.regularization import (
    Regularization,
    assumptions,
    regularization,
    regularized,
    warmup_epochs,
)


@pytest.mark.parametrize("epochs", [3, 10, 100])
def test_short_trainings_have_none(epochs):
    given = regularization(Network(320, 400, 2.0), epochs)
    assert given == Regularization()
    assert (given.label_smoothing, given.dropout, given.drop_path_rate, given.num_layers) == (0, 0, 0, 0)


def test_dropout_follows_the_width_and_nothing_else():
    by_width = [regularization(Network(160, 101, width), 350).dropout for width in (0.25, 0.5, 1.0, 1.5, 2.0)]
    assert by_width == sorted(set(by_width))
    assert len({regularization(Network(r, d, 1.0), 350).dropout for r in (128, 448) for d in (26, 400)}) == 1


@pytest.mark.parametrize("name", [name for name in PUBLISHED if not name.endswith("i320")])
def test_released_networks_up_to_256_px_get_what_they_were_released_with(name):
    recipe = get_recipe(name)
    depth = int(name.split("_")[2])
    if name == "resnet_rs_101_i160":
        assert recipe.randaugment.magnitude == 10
    assert regularized(recipe, regularization(Network(recipe.resolution, depth, 1.0), 350)) == recipe


def test_the_warm_up_is_a_tenth_of_a_training_at_most():
    recipe = get_recipe("resnet_rs_50_i160")
    assert [warmup_epochs(recipe, epochs) for epochs in (3.0, 10.0, 350.0)] == pytest.approx([0.3, 1.0, 5.0])


def test_what_is_assumed_names_the_epochs_and_the_network():
    lines = " ".join(assumptions(get_recipe("resnet_rs_50_i160"), from_epochs=200.0))
    assert "runs of 200 epochs and more" in lines
    assert "squeeze-and-excitation with ratio 0.25, down-sampling D" in lines

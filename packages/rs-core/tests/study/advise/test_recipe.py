"""The command line of advice does what was advised."""

import dataclasses

import pytest

from rs_core.cli.train import parse
from rs_core.recipes import Recipe, get_recipe
from rs_core.study.advise.question import DataFacts, Question
from rs_core.study.advise.recipe import arguments_for, command_line, recipe_for
from rs_core.study.scaling.grid import Network
from rs_core.train.config import DIGITS, DataConfig, TrainConfig

PHOTOS = DataConfig(root="my photos")
INDEXED = DataConfig(train_index="train.index", val_index="val.index")


def question(epochs, data=PHOTOS, num_images=1_281_167, short_side=400) -> Question:
    facts = DataFacts(data=data, num_images=num_images, num_classes=10, short_side=short_side)
    return Question(facts=facts, epochs=epochs, budget=3600.0)


def parsed(arguments) -> TrainConfig:
    assert arguments[0] == "train"
    config = parse(arguments[1:])
    assert isinstance(config, TrainConfig)
    return config


@pytest.mark.parametrize("epochs", [10.0, 100.0, 350.0])
@pytest.mark.parametrize("network", [Network(160, 50, 1.0), Network(192, 101, 2.0), Network(128, 26, 0.25)])
@pytest.mark.parametrize(("data", "short_side"), [(PHOTOS, 400), (PHOTOS, 40), (INDEXED, 400), (DataConfig(), 32)])
def test_the_arguments_give_the_recipe_back(epochs, network, data, short_side):
    asked = question(epochs, data, short_side=short_side)
    config = parsed(arguments_for(network, asked))
    wanted = recipe_for(network, asked)
    for field in dataclasses.fields(Recipe):
        assert getattr(config, field.name) == getattr(wanted, field.name), field.name
    assert config.data == data


def test_a_released_network_at_its_length_is_its_recipe_and_nothing_else():
    arguments = arguments_for(Network(320, 420, 1.0), question(350.0))
    assert arguments == ["train", "--recipe", "resnet_rs_420_i320", "--data.root", "my photos"]


def test_short_trainings_are_not_regularised():
    recipe = recipe_for(Network(160, 101, 2.0), question(10.0))
    regularised = (
        recipe.label_smoothing,
        recipe.model.dropout,
        recipe.model.drop_path_rate,
        recipe.randaugment.num_layers,
    )
    assert regularised == (0, 0, 0, 0)
    assert recipe.schedule.warmup_epochs == 1.0


def test_small_images_keep_their_pixels_and_move_by_fewer():
    recipe = recipe_for(Network(32, 50, 1.0), question(350.0, short_side=32))
    released = get_recipe("resnet_rs_50_i160")
    assert recipe.model.stem == "small"
    assert recipe.randaugment.translate_const == pytest.approx(released.randaugment.translate_const / 5)


def test_fewer_images_get_smaller_batches():
    assert recipe_for(Network(160, 50, 1.0), question(350.0, num_images=10_000)).batch_size == 32
    assert recipe_for(Network(160, 50, 1.0), question(350.0)).batch_size == 4096


def test_digits_train_in_the_laptop_form():
    arguments = arguments_for(Network(32, 50, 0.5), question(45.0, DataConfig(root=DIGITS), 1438, 32))
    assert arguments[:3] == ["train", "--recipe", "resnet_rs_50_i160_laptop"]
    assert "--data.root" not in arguments


def test_a_shell_reads_the_command_as_it_is():
    line = command_line("rs-core", ["train", "--data.root", "my photos", "--model.blocks", "[1,1,1,1]"])
    assert line == "rs-core train --data.root 'my photos' --model.blocks '[1,1,1,1]'"

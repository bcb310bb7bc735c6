"""``rs-transfer classify``: fine-tuning, the probes, and what a user may get wrong."""

import json

import pytest
import yaml

from rs_core import load_pretrained
from rs_transfer.cli.classify import COMMAND

TINY = (
    *("--model.width_multiplier", "0.125", "--resolution", "16", "--input.resolution", "16", "--steps", "2"),
    *("--run.device", "cpu", "--run.precision", "float32", "--run.directory", "run"),
)
ON_CPU = ("--run.device", "cpu", "--run.precision", "float32", "--run.directory", "run")


@pytest.fixture
def weights(command, tmp_path):
    """A starting point of five classes, with an input of 16 px."""
    arguments = ("--model.width_multiplier", "0.125", "--resolution", "16", "--epochs", "0.1", "--batch_size", "32")
    outcome = command("pretrain", *arguments, "--run.device", "cpu", "--run.directory", tmp_path / "weights")
    assert outcome.code == 0, outcome.err
    return tmp_path / "weights"


def result_of(tmp_path):
    return json.loads((tmp_path / "run/result.json").read_text())


def config_of(tmp_path):
    return yaml.safe_load((tmp_path / "run/config.yaml").read_text())


@pytest.mark.parametrize("way", [(), ("fine-tune",)])
def test_fine_tuning_is_what_is_done_unless_another_way_is_named(command, tmp_path, way):
    outcome = command("classify", *way, *TINY)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: run"
    assert "the built-in digits 5 to 9, 5 labelled images of each class" in outcome.out
    assert f"test top-1 {result_of(tmp_path)['test/top1']:.2f} % of 191 images" in outcome.out


def test_weights_bring_the_network_and_its_input(command, tmp_path, weights):
    outcome = command("classify", "--weights", weights, "--steps", 2, *ON_CPU)
    assert outcome.code == 0, outcome.err
    config = config_of(tmp_path)
    assert config["initial_weights"] == str(weights)
    assert (config["resolution"], config["model"]["width_multiplier"]) == (16, 0.125)
    assert "the classifier starts anew" in outcome.out


def test_a_grid_is_tried_and_what_was_chosen_is_said(command, tmp_path, weights):
    grid = ("--grid.learning_rates", "[0.01,0.1]", "--grid.weight_decays", "[0,1e-4]")
    outcome = command("classify", "--weights", weights, "--steps", 2, *grid, *ON_CPU)
    assert outcome.code == 0, outcome.err
    assert "4/4  lr0.1-wd0.0001: top-1 " in outcome.out
    assert "chosen on the split: lr0." in outcome.out
    assert len(result_of(tmp_path)["grid"]) == 4


def test_cifar_100_is_read_and_said_to_be_a_part(command, tmp_path, shared):
    root = shared / "data/cifar100_sample"
    arguments = ("--root", root, "--recipe", "fine_tuning_laptop", "--data.num_workers", 0)
    outcome = command("classify", *arguments, *TINY)
    assert outcome.code == 0, outcome.err
    assert "this is not the whole of CIFAR-100: 700 of 50,000 training images" in outcome.out
    assert result_of(tmp_path)["test/num_images"] == 450
    assert len(load_pretrained(tmp_path / "run/fine-tuned").class_names) == 100


@pytest.mark.parametrize("way", ["linear", "knn"])
def test_features_are_judged_as_they_are(command, tmp_path, weights, way):
    outcome = command("classify", way, "--weights", weights, *ON_CPU)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: run"
    assert result_of(tmp_path)["test/num_images"] == 191
    assert config_of(tmp_path)["weights"] == str(weights)


def test_the_same_command_refuses_a_finished_run(command, refused):
    command("classify", *TINY)
    assert "run.directory=run: a finished run; name another directory" in refused("classify", *TINY)


def test_the_config_of_a_run_repeats_it(command, tmp_path, weights):
    command("classify", "--weights", weights, "--steps", 2, *ON_CPU)
    before = result_of(tmp_path)
    outcome = command("classify", "--config", "run/config.yaml", "--run.directory", "again")
    assert outcome.code == 0, outcome.err
    after = json.loads((tmp_path / "again/result.json").read_text())
    assert after["test/loss"] == before["test/loss"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fine-tun",), "classify fine-tun: choose from fine-tune, linear, knn"),
        (("--weights", "nowhere.pth"), "nowhere.pth: no such file"),
        (("linear", "--weights", "nowhere.pth"), "nowhere.pth: no such file"),
        (("--root", "nowhere"), "nowhere: no such folder"),
        (("--epochs", "3"), "--epochs: the length of fine-tuning is given in optimiser steps, with --steps"),
        (("--weights", "w", "--model", "resnet_50"), "--model resnet_50: the network comes from --weights"),
        (("--recipe", "fine_tunin"), "unknown recipe 'fine_tunin'"),
        (("--grid.learning_rates", "[0.1]"), "give both, or neither"),
        (("--grid.learning_rate", "[0.1]"), "there is no setting --grid.learning_rate"),
        (("--resume", "nowhere"), "nowhere: no run here"),
        (("--resume", "run", "--weights", "w"), "--resume takes every setting from the run's config.yaml"),
        (("knn", "--temperture", "1"), "there is no setting --temperture"),
    ],
)
def test_mistakes_are_one_line(refused, arguments, message):
    assert message in refused("classify", *arguments)


def test_a_start_from_random_weights_has_settings_of_its_own():
    config = COMMAND.parse(["--root", "photos"])
    assert (config.recipe, config.steps, config.data.root) == ("from_random", 40_000, "photos")


def test_single_settings_are_put_on_top_of_the_recipe():
    config = COMMAND.parse(["--root", "photos", "--recipe", "fine_tuning_grid", "--grid.weight_decays", "[0]"])
    assert len(config.grid.learning_rates) == 7
    assert config.grid.weight_decays == (0.0,)

"""``rs-transfer pretrain``: a starting point from the command line."""

import json

import pytest
import yaml

from rs_core import load_pretrained

TINY = (
    *("--model.width_multiplier", "0.125", "--resolution", "16", "--epochs", "0.2", "--batch_size", "32"),
    *("--schedule.warmup_epochs", "0.1", "--data.num_workers", "0", "--run.device", "cpu"),
    *("--run.precision", "float32", "--run.directory", "run"),
)


@pytest.mark.parametrize("recipe", ["resnet_50_transfer_laptop", "resnet_152_supervised_laptop"])
def test_a_run_ends_with_its_directory_and_can_be_started_from(command, tmp_path, recipe):
    outcome = command("pretrain", "--recipe", recipe, *TINY)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: run"
    assert "the built-in digits 0 to 4" in outcome.out
    assert "rs-transfer classify --weights run" in outcome.out
    assert load_pretrained(tmp_path / "run").class_names == ("0", "1", "2", "3", "4")
    assert json.loads((tmp_path / "run/result.json").read_text())["val/num_images"] == 334


def test_without_data_the_recipe_is_the_laptop_form(command, tmp_path):
    assert command("pretrain", *TINY).code == 0
    assert yaml.safe_load((tmp_path / "run/config.yaml").read_text())["recipe"] == "resnet_50_transfer_laptop"


def test_a_finished_run_is_resumed_to_its_end(command):
    command("pretrain", *TINY)
    outcome = command("pretrain", "--resume", "run")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: run"


def test_unknown_settings_are_refused_with_the_nearest(refused):
    line = refused("pretrain", "--epoch", "3")
    assert "--epochs" in line
    assert line.endswith("see rs-transfer pretrain --help")


def test_an_unknown_recipe_is_refused(refused):
    assert "unknown recipe 'resnet_50'" in refused("pretrain", "--recipe", "resnet_50")

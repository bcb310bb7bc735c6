"""``rs-semisup train``: joint runs, the fix after them, and the study without arguments."""

import json

import pytest


@pytest.fixture
def arguments(joint_arguments):
    return ("train", *joint_arguments)


def test_a_run_ends_with_its_directory(command, arguments):
    outcome = command(*arguments, "--run.directory", "joint")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: joint"
    assert "with each labelled image 3 of 120 pseudo-labelled ones, soft labels" in outcome.out


def test_a_run_with_a_fix_ends_with_the_directory_of_the_fix(command, arguments):
    outcome = command(*arguments, "--run.directory", "joint", "--fix.epochs", 1, "--fix.resolution", 20)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: joint/fix"


def test_resuming_a_finished_run_trains_a_fix_that_is_missing(command, arguments, tmp_path):
    command(*arguments, "--run.directory", "joint", "--fix.epochs", 1, "--fix.resolution", 20)
    (tmp_path / "joint/fix/result.json").unlink()
    outcome = command("train", "--resume", "joint")
    assert outcome.out.splitlines()[-1] == "run: joint/fix"
    assert (tmp_path / "joint/fix/result.json").is_file()


def test_the_config_of_a_run_repeats_it(command, arguments, tmp_path):
    command(*arguments, "--run.directory", "one")
    command("train", "--config", "one/config.yaml", "--run.directory", "two")
    results = [json.loads((tmp_path / run / "result.json").read_text()) for run in ("one", "two")]
    assert results[0]["val/loss"] == results[1]["val/loss"]


def test_another_network_takes_the_recipe(command, arguments):
    outcome = command(*arguments, "--model", "resnet_d_18", "--run.directory", "joint", "--epochs", "0.2")
    assert outcome.code == 0, outcome.err
    assert "resnet_d_18_by_resnet_rs_50_i160_semisup_laptop" in outcome.out


def test_pseudo_labelled_images_must_be_named(refused):
    assert "data.pseudo_index is empty" in refused("train", "--recipe", "resnet_rs_50_i160_semisup_laptop")


def test_unknown_settings_are_refused_with_the_nearest(refused):
    assert "--joint.ratio" in refused("train", "--joint.ration", 3)

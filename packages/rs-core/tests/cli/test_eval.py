"""``rs-core eval`` gives the figures of the run, on the data that the model was trained for."""

import json
import shutil

import pytest

FLOAT32 = ("--device", "cpu", "--precision", "float32", "--data.num_workers", "0")


def test_the_figures_are_those_of_the_run_to_the_last_digit(command, digits_run):
    outcome = command("eval", "--model", digits_run, "--json", *FLOAT32)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    result = json.loads((digits_run / "result.json").read_text())
    assert figures == {name: result[name] for name in figures}
    assert figures.keys() == {"val/top1", "val/top5", "val/loss", "val/num_images", "val/num_skipped"}


def test_lines_for_people_say_the_same(command, digits_run):
    result = json.loads((digits_run / "result.json").read_text())
    lines = command("eval", "--model", digits_run / "model.safetensors", *FLOAT32).out.splitlines()
    assert lines[0].split() == ["val/top1", f"{result['val/top1']:.6g}"]
    assert len(lines) == 5


def test_a_model_that_has_learnt_is_right_on_every_image(command, photo_run, photos):
    outcome = command("eval", "--model", photo_run, "--data.root", photos, "--json", *FLOAT32)
    assert json.loads(outcome.out) == {
        "val/top1": 100.0,
        "val/top5": 100.0,
        "val/loss": pytest.approx(0.2, abs=0.2),
        "val/num_images": 8.0,
        "val/num_skipped": 0.0,
    }


def test_another_resolution_gives_other_figures(command, digits_run):
    losses = [
        json.loads(command("eval", "--model", digits_run, "--json", *FLOAT32, *resolution).out)["val/loss"]
        for resolution in ((), ("--resolution", "16"), ("--resolution", "24"))
    ]
    assert losses[0] == losses[1] != losses[2]


def test_data_of_other_classes_are_refused_with_both_named(refused, photo_run):
    message = refused("eval", "--model", photo_run, *FLOAT32)
    assert message.startswith("the built-in digits have the classes 0 to 9, not blue, red")


def test_a_missing_folder_and_a_missing_class_are_named(refused, photo_run, photos):
    assert refused("eval", "--model", photo_run, "--data.root", "nowhere").startswith("nowhere: no such folder")
    shutil.rmtree(photos / "val/red")
    message = refused("eval", "--model", photo_run, "--data.root", photos)
    assert message.startswith(f"{photos}/val: no folder for 1 of the 2 classes")


def test_a_device_that_is_not_there_is_refused(refused, digits_run):
    assert refused("eval", "--model", digits_run, "--device", "tpu9").startswith("device='tpu9' is no device")

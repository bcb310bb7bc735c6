"""Which trained model a command uses, and which files it refuses."""

import os
import pickle
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rs_core import load_pretrained


def test_without_a_name_the_newest_run_is_used_and_named(command, digits_run, photo_run, tmp_path):
    for name, run, written_at in (("old", digits_run, 1000), ("new", photo_run, 2000)):
        shutil.copytree(run, tmp_path / "runs" / name)
        os.utime(tmp_path / "runs" / name / "model.safetensors", (written_at, written_at))
    outcome = command("eval", "--data.root", "digits")
    assert outcome.err.splitlines()[0].endswith("2 classes, from runs/new/model.safetensors")


def test_without_any_run_the_message_says_how_to_get_one(refused):
    message = refused("eval")
    assert message == "no trained model in runs/; name one with --model, or train one with rs-core train"


class Touch:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["evil.pt", "evil.pth", "evil.pkl", "evil.safetensors", "evil"])
@pytest.mark.parametrize("command_name", ["eval", "predict", "info"])
def test_a_file_that_would_run_code_is_refused_and_runs_none(refused, photos, tmp_path, name, command_name):
    (tmp_path / name).write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    image = photos / "val/red/0.png"
    arguments = {"eval": ("--model", name), "predict": (image, "--model", name), "info": (name,)}[command_name]
    assert refused(command_name, *arguments).startswith(f"{name}: ")
    assert not (tmp_path / "touched").exists()


def test_a_checkpoint_is_refused_with_what_to_give_instead(refused, digits_run):
    (checkpoint,) = (digits_run / "checkpoints").iterdir()
    assert "give the run directory or its model.safetensors" in refused("eval", "--model", checkpoint)


def test_a_run_that_is_not_finished_is_said_to_be_so(refused, digits_run, tmp_path):
    shutil.copytree(digits_run, tmp_path / "run")
    (tmp_path / "run/model.safetensors").unlink()
    message = refused("eval", "--model", "run")
    assert message == "run: the run is not finished; go on with rs-core train --resume run"


def test_a_model_that_is_not_there_is_named(refused, tmp_path):
    (tmp_path / "folder").mkdir()
    assert refused("eval", "--model", "nowhere").startswith("nowhere: no such file")
    assert refused("eval", "--model", "folder").startswith("folder: ")


def test_a_file_cut_off_is_named(refused, digits_run, tmp_path):
    whole = (digits_run / "model.safetensors").read_bytes()
    for size in (0, 4, 1000, len(whole) - 1):
        (tmp_path / "cut.safetensors").write_bytes(whole[:size])
        assert refused("eval", "--model", "cut.safetensors").startswith("cut.safetensors: ")


def test_weights_that_are_not_ours_are_refused(refused, tmp_path):
    save_file({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    assert refused("eval", "--model", "other.safetensors").startswith("other.safetensors: its 1 tensors (fc.weight)")


def test_weights_of_another_network_than_the_file_says_are_refused(refused, digits_run, tmp_path):
    with safe_open(digits_run / "model.safetensors", framework="pt") as file:
        metadata = file.metadata()
    weights = load_pretrained(digits_run).model.state_dict()
    del weights["classifier.bias"]
    save_file(weights, tmp_path / "other.safetensors", metadata)
    message = refused("eval", "--model", "other.safetensors")
    assert "other.safetensors do not fit this model (1 missing: classifier.bias)" in message


@pytest.mark.parametrize("about", ["{", "[]", "{}", '{"model": {"blocks": null}}', '{"model": 3}'])
def test_a_file_whose_description_is_broken_is_refused(refused, tmp_path, about):
    save_file({"w": torch.zeros(1)}, tmp_path / "broken.safetensors", {"rs_core": about})
    assert refused("eval", "--model", "broken.safetensors").startswith("broken.safetensors: ")

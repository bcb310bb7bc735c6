"""Checkpoints are whole or absent, and never run code."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from rs_core import UserError, create_model
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from rs_core.weights.check import load_weights

STATE = {"step": 3, "model": {"w": torch.arange(4.0)}, "config": {"blocks": (1, 2)}}


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    path = save_checkpoint(tmp_path, 3, STATE, keep=2)
    state = load_checkpoint(path)
    assert state["step"] == 3
    assert torch.equal(state["model"]["w"], STATE["model"]["w"])
    assert state["config"] == STATE["config"]


def test_only_the_newest_stay(tmp_path):
    for step in (5, 90, 1000, 20000):
        save_checkpoint(tmp_path, step, STATE, keep=2)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_00001000.pt", "step_00020000.pt"]


def test_a_full_disk_leaves_the_earlier_checkpoint_and_no_rubbish(tmp_path):
    save_checkpoint(tmp_path, 1, STATE, keep=1)
    # Writing to /dev/full fails as a full disk does.
    (tmp_path / f".step_00000002.pt.{os.getpid()}.partial").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"cannot write .*step_00000002.pt: No space left on device") as caught:
        save_checkpoint(tmp_path, 2, STATE, keep=1)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step_00000001.pt"]
    assert load_checkpoint(tmp_path / "step_00000001.pt")["step"] == 3


class Malicious:
    def __reduce__(self):
        return os.system, ("touch /tmp/rs_core_was_here",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    torch.save({"step": 1, "model": Malicious()}, tmp_path / "evil.pt")
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Malicious()))
    for name in ("evil.pt", "evil.pkl"):
        with pytest.raises(UserError, match=f"{name}: refused") as caught:
            load_checkpoint(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not Path("/tmp/rs_core_was_here").exists()


def test_files_that_are_no_checkpoints_are_named(tmp_path):
    path = save_checkpoint(tmp_path, 3, STATE, keep=1)
    cut = tmp_path / "cut.pt"
    cut.write_bytes(path.read_bytes()[:-200])
    empty = tmp_path / "empty.pt"
    empty.touch()
    other = tmp_path / "weights.pt"
    torch.save({"w": torch.zeros(1)}, other)
    for file in (cut, empty, other, tmp_path / "absent.pt", tmp_path):
        with pytest.raises(UserError, match=file.name) as caught:
            load_checkpoint(file)
        assert "\n" not in str(caught.value)


def test_weights_load_all_or_none():
    model = create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.25, num_classes=3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    weights = {name: torch.ones_like(tensor) for name, tensor in before.items()}
    weights["classifier.weight"] = torch.zeros(7, 512)
    del weights["stem.conv1.weight"]
    weights["head.bias"] = torch.zeros(3)
    with pytest.raises(UserError, match=r"here.pt.*stem.conv1.weight.*head.bias.*classifier.weight"):
        load_weights(model, weights, "here.pt")
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])

"""What torch.save wrote, and what only looks like it."""

import argparse
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_core.weights.files import open_tensors

TENSORS = {"module.fc.weight": torch.arange(6.0).reshape(2, 3), "module.fc.bias": torch.tensor([1, 2])}
BARE = {name.removeprefix("module."): tensor for name, tensor in TENSORS.items()}


def saved(value, *, as_zip=True):
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=as_zip)
    return buffer.getvalue()


class RunsCode:
    """A pickle that makes a directory when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors", "weights"])
def test_tensors_are_found_under_their_bare_names_whatever_the_file_is_called(tmp_path, equal, as_zip, name):
    content = {"state_dict_ema": TENSORS | {"module.note": "x"}, "state_dict": {}, "epoch": 3}
    (tmp_path / name).write_bytes(saved(content, as_zip=as_zip))
    file = open_tensors(tmp_path / name)
    assert equal(file, BARE)
    assert file.shapes == {"fc.weight": (2, 3), "fc.bias": (2,)}
    assert file.metadata == {"taken_from": "state_dict_ema", "stripped": "module.", "not_read": "module.note"}


@pytest.mark.parametrize("as_zip", [True, False])
def test_the_arguments_that_trainers_keep_beside_the_weights_are_no_obstacle(tmp_path, equal, as_zip):
    arguments = argparse.Namespace(model="resnetrs50", lr=0.1, nested=argparse.Namespace(a=[1]))
    (tmp_path / "last.pth.tar").write_bytes(saved({"args": arguments, "state_dict": BARE}, as_zip=as_zip))
    assert equal(open_tensors(tmp_path / "last.pth.tar"), BARE)


def test_the_file_of_a_lightning_module_with_a_loss_gives_the_network(tmp_path, equal):
    tensors = {f"model.{name}": tensor for name, tensor in BARE.items()} | {"criterion.weight": torch.ones(2)}
    (tmp_path / "last.ckpt").write_bytes(saved({"state_dict": tensors, "pytorch-lightning_version": "2.5"}))
    file = open_tensors(tmp_path / "last.ckpt")
    assert equal(file, BARE)
    assert file.metadata == {"taken_from": "state_dict", "stripped": "model.", "left_out": "criterion.weight"}


def test_parameters_come_without_gradients(tmp_path):
    (tmp_path / "m.pt").write_bytes(saved({"weight": torch.nn.Parameter(torch.ones(2))}))
    assert not open_tensors(tmp_path / "m.pt")["weight"].requires_grad


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path, as_zip):
    path, trace = tmp_path / "evil.pt", tmp_path / "trace"
    path.write_bytes(saved(TENSORS | {"more": RunsCode(trace)}, as_zip=as_zip))
    with pytest.raises(UserError, match=rf"{path}: refused, because it holds posix.mkdir, which could run code; where"):
        open_tensors(path)
    assert not trace.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_bare_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path, protocol):
    path, trace = tmp_path / "evil.pkl", tmp_path / "trace"
    path.write_bytes(pickle.dumps(RunsCode(trace), protocol=protocol))
    with pytest.raises(UserError, match=rf"{path}: (refused|not a readable)"):
        open_tensors(path)
    assert not trace.exists()


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {"model": {}}])
def test_a_pickle_without_tensors_is_refused(tmp_path, content):
    path = tmp_path / "m.pt"
    path.write_bytes(saved(content))
    with pytest.raises(UserError, match=rf"{path}: no state dict in it; save one"):
        open_tensors(path)


def test_other_zip_archives_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones(2))
    program = tmp_path / "program.pt"
    with zipfile.ZipFile(program, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/model.py"):
            archive.writestr(f"program/{name}", b"")
    for path in (tmp_path / "a.npz", program):
        with pytest.raises(UserError, match=rf"{path}: a zip archive that torch.save did not write; give"):
            open_tensors(path)


def test_a_tensor_of_forged_length_fills_no_memory(tmp_path):
    path = tmp_path / "m.pt"
    old = saved({"a": torch.zeros(77)}, as_zip=False)
    assert old.count(b"M\x4d\x00") == 0
    path.write_bytes(old.replace(b"KM", b"\x8a\x06" + struct.pack("<Q", 2**46)[:6]))
    with pytest.raises(UserError, match=f"{path}: not a readable PyTorch state dict"):
        open_tensors(path)


CONTENTS = [saved(TENSORS, as_zip=as_zip) for as_zip in (True, False)]


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damage_gives_nothing_but_a_line(damage_strategy, read_damaged, data):
    content = data.draw(st.sampled_from(CONTENTS))
    read_damaged(data.draw(damage_strategy)(content))

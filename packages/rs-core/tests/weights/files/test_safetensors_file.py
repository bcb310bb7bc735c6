"""Files of safetensors."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from rs_core.errors import UserError
from rs_core.weights.files import open_tensors

TENSORS = {
    "b": torch.arange(6.0).reshape(2, 3),
    "a": torch.tensor(7),
    "empty": torch.empty(0, 4),
    "h": torch.ones(3).half(),
}
CONTENT = save(TENSORS, {"format": "pt", "about": "x"})


def test_tensors_and_metadata_are_those_of_the_file_whatever_its_name(tmp_path, equal):
    (tmp_path / "weights.bin").write_bytes(CONTENT)
    file = open_tensors(tmp_path / "weights.bin")
    assert equal({name: file[name] for name in TENSORS}, TENSORS)
    assert file.shapes == {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}
    assert file.metadata == {"format": "pt", "about": "x"}


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match=rf"{path}: not a readable safetensors file .*; copy it again"):
        open_tensors(path)


@given(st.data())
@settings(deadline=None)
def test_damage_gives_nothing_but_a_line(damage_strategy, read_damaged, data):
    read_damaged(data.draw(damage_strategy)(CONTENT))

"""The mapping that every format becomes."""

from pathlib import Path

import pytest
import torch

from rs_core.weights.files import TensorFile


@pytest.fixture
def reads():
    return []


@pytest.fixture
def file(reads):
    def read(name):
        reads.append(name)
        return torch.zeros(2)

    return TensorFile(Path("some.pt"), {"a": (2,), "b": (2,)}, read)


def test_names_shapes_and_membership_read_nothing(file, reads):
    assert (list(file), len(file), "a" in file, "c" in file) == (["a", "b"], 2, True, False)
    assert (file.shapes, file.metadata, repr(file)) == (
        {"a": (2,), "b": (2,)},
        {},
        "TensorFile('some.pt', 2 tensors)",
    )
    assert reads == []


def test_only_what_is_asked_for_is_read(file, reads):
    assert file["b"].shape == (2,)
    assert reads == ["b"]


def test_an_unknown_name_is_a_key_error_as_in_any_mapping(file):
    assert file.get("c") is None
    with pytest.raises(KeyError):
        _ = file["c"]

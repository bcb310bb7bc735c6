"""Checkpoints that TensorFlow wrote (tools/write_tf_fixtures.py), to read and to damage."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_core.weights.files import open_tensors

FIXTURES = Path(__file__).parent / "fixtures"


def read_expected(folder):
    rows = json.loads((folder / "expected.json").read_text())
    strings = [name for name, row in rows.items() if row["dtype"] == "string"]
    tensors = {name: to_tensor(**row) for name, row in rows.items() if name not in strings}
    return tensors, strings


def to_tensor(dtype, shape, bytes):
    octets = torch.tensor(list(bytearray.fromhex(bytes)), dtype=torch.uint8)
    tensor = torch.empty(shape, dtype=getattr(torch, dtype))
    return octets.view(tensor.dtype).reshape(shape) if bytes else tensor


def equal_to_the_bit(ours, theirs):
    return list(ours) == list(theirs) and all(same_bytes(ours[name], theirs[name]) for name in theirs)


def same_bytes(a, b):
    same_form = a.dtype == b.dtype and a.shape == b.shape
    return same_form and a.reshape(-1).view(torch.uint8).equal(b.reshape(-1).view(torch.uint8))


@pytest.fixture
def checkpoint(tmp_path):
    """Copy a fixture, so that it may be damaged."""
    return lambda name: Path(shutil.copytree(FIXTURES / name, tmp_path / name))


@pytest.fixture(scope="session")
def expected():
    """What TensorFlow read back from a folder: tensors by name, and the names of strings."""
    return read_expected


@pytest.fixture(scope="session")
def equal():
    """Whether two mappings hold the same names, types, shapes and bytes."""
    return equal_to_the_bit


@pytest.fixture(scope="session")
def fixtures():
    """The folder of the checkpoints that TensorFlow wrote, not to be written to."""
    return FIXTURES


@st.composite
def damages(draw):
    """Changes to the bytes of a file: cut off, bytes replaced, taken out or put in, at one place or several."""
    if draw(st.booleans()):
        share = draw(st.floats(0, 1))
        return lambda content: content[: int(share * len(content))]
    places = draw(
        st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=4)
    )

    def damage(content):
        for share, num_out, new in places:
            at = int(share * len(content))
            content = content[:at] + new + content[at + num_out :]
        return content

    return damage


@pytest.fixture(scope="session")
def damage_strategy():
    """Functions that damage bytes."""
    return damages()


@pytest.fixture(scope="session")
def read_damaged(tmp_path_factory):
    """Open a file that was damaged and read all of it: only a UserError of one line may come out."""
    path = tmp_path_factory.mktemp("damaged") / "weights"

    def read(content):
        path.write_bytes(content)
        try:
            dict(open_tensors(path))
        except UserError as error:
            assert "\n" not in str(error)
            assert str(path) in str(error)

    return read

"""The sample index and its packed columns."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.data.index import Blobs, ByteColumn, Files, SampleIndex
from rs_core.errors import UserError


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20)))
def test_a_packed_column_gives_its_values_back(values):
    column = ByteColumn.pack(values)
    assert [column[row] for row in range(len(column))] == values


def test_files_are_read_below_the_root_and_named_by_their_path(tmp_path):
    (tmp_path / "é").mkdir()
    (tmp_path / "é" / "1.jpg").write_bytes(b"one")
    files = Files(tmp_path, ByteColumn.pack([os.fsencode("é/1.jpg")]))
    assert files.read(0) == b"one"
    assert files.name(0) == str(tmp_path / "é" / "1.jpg")


def test_a_file_that_went_away_is_named_in_one_line(tmp_path):
    index = SampleIndex(Files(tmp_path, ByteColumn.pack([b"gone.jpg"])), np.zeros(1, np.int64), ("cat",))
    with pytest.raises(UserError, match=r"gone\.jpg: cannot be read \(No such file") as caught:
        index.read(0)
    assert "\n" not in str(caught.value)


def test_an_index_reaches_a_worker_whole():
    blobs = Blobs(ByteColumn.pack([b"a", b"bb"]), ByteColumn.pack([b"first", b"second"]))
    index = pickle.loads(pickle.dumps(SampleIndex(blobs, np.array([1, 0]), ("cat", "dog"))))
    assert len(index) == 2
    assert (index.read(1), index.name(1)) == (b"bb", "second")
    assert index.labels.tolist() == [1, 0]

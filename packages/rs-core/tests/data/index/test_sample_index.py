"""The sample index: rows with a label, bytes, a name and perhaps more."""

import dataclasses
import pickle

import numpy as np

from rs_core.data.index import Blobs, ByteColumn, Files, SampleIndex
from rs_core.errors import UserError


def test_an_index_reaches_a_worker_whole():
    blobs = Blobs(ByteColumn.pack([b"a", b"bb"]), ByteColumn.pack([b"first", b"second"]))
    index = SampleIndex(blobs, np.array([1, 0]), ("cat", "dog"), {"weight": np.array([0.5, 1])})
    index = pickle.loads(pickle.dumps(index))
    assert len(index) == 2
    assert (index.read(1), index.name(1)) == (b"bb", "second")
    assert index.labels.tolist() == [1, 0]
    assert index.columns["weight"].tolist() == [0.5, 1]


def test_rows_come_in_the_order_asked_for_and_a_bad_one_as_its_error(tmp_path):
    (tmp_path / "1.jpg").write_bytes(b"one")
    (tmp_path / "3.jpg").write_bytes(b"three")
    files = Files(tmp_path, ByteColumn.pack([b"1.jpg", b"2.jpg", b"3.jpg"]))
    third, second, first = SampleIndex(files, np.zeros(3, np.int64), ("cat",)).read_rows(np.array([2, 1, 0]))
    assert (first, third) == (b"one", b"three")
    assert isinstance(second, UserError)
    assert "2.jpg: cannot be read" in str(second)


def test_a_changed_copy_of_an_index_is_not_taken_for_what_is_on_disk():
    blobs = Blobs(ByteColumn.pack([b"a"]), ByteColumn.pack([b"first"]))
    index = SampleIndex(blobs, np.array([0]), ("cat",))
    object.__setattr__(index, "reopen", lambda: index)
    assert dataclasses.replace(index, labels=np.array([-1])).reopen is None

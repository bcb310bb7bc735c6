"""Samples that are files of a folder, or held in memory."""

import os

import numpy as np
import pytest

from rs_core.data.index import Blobs, ByteColumn, Files, SampleIndex
from rs_core.errors import UserError


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


def test_images_in_memory_are_given_by_row():
    blobs = Blobs(ByteColumn.pack([b"a", b"bb"]), ByteColumn.pack([b"first", b"second"]))
    assert (blobs.read(1), blobs.name(1)) == (b"bb", "second")

"""Columns written piece by piece are .npy files like any other."""

import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rs_core.data.index.column_files import ColumnWriter, map_column

DTYPES = st.sampled_from([np.uint8, np.int32, np.int64, np.float16, np.float32])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.data(), DTYPES, st.integers(0, 3))
def test_pieces_become_one_array_that_numpy_loads(tmp_path, data, dtype, width):
    shape = (lambda n: (n, width)) if width else (lambda n: (n,))
    pieces = [data.draw(hnp.arrays(dtype, shape(n))) for n in data.draw(st.lists(st.integers(0, 5), max_size=4))]
    writer = ColumnWriter(tmp_path / "a" / "x.npy", dtype, width)
    for piece in pieces:
        writer.append(piece)
    writer.close()
    whole = np.concatenate([np.zeros(shape(0), dtype), *pieces])
    np.testing.assert_array_equal(np.load(tmp_path / "a" / "x.npy"), whole)
    np.testing.assert_array_equal(map_column(tmp_path / "a" / "x.npy"), whole)
    assert writer.shape == whole.shape
    assert writer.crc32 == zlib.crc32(whole.tobytes())


def test_a_column_is_mapped_not_read_and_cannot_be_changed(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10))
    column = map_column(tmp_path / "x.npy")
    assert type(column) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_a_column_that_was_cut_off_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10))
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-1])
    with pytest.raises(ValueError, match="mmap length"):
        map_column(tmp_path / "x.npy")

"""Lists in Parquet, and an index written as one."""

import numpy as np
import pytest

from rs_core.data.index import open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.store import open_stored

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
parquet = pytest.importorskip("rs_core.data.index.parquet")


@pytest.fixture
def build(tmp_path, write_tar):
    """Write a Parquet list beside a shard, index it, and give the index."""
    write_tar("a.tar", [("cat/0.jpg", b"zero"), ("dog/1.jpg", b"one")])

    def run(**columns):
        pq.write_table(pa.table(columns), tmp_path / "l.parquet")
        index_lists([str(tmp_path / "l.parquet")], tmp_path / "index", BuildConfig())
        return open_index(tmp_path / "index")

    return run


PARTS = {"shard": ["a.tar", "a.tar"], "offset": [512, 1536], "length": [4, 3]}


def test_numbers_of_any_shape_become_columns(build):
    soft = pa.array([[0.25, 0.75], [1, 0]], pa.list_(pa.float32()))
    fixed = pa.array([[1, 2, 3], [4, 5, 6]], pa.list_(pa.int16(), 3))
    index = build(**PARTS, label=[None, 1], soft=soft, fixed=fixed, sure=[True, False], url=["a", "b"])
    assert index.read_rows(np.arange(2)) == [b"zero", b"one"]
    assert index.labels.tolist() == [-1, 1]
    assert {name: (values.dtype.str, values.tolist()) for name, values in index.columns.items()} == {
        "fixed": ("<i2", [[1, 2, 3], [4, 5, 6]]),
        "soft": ("<f4", [[0.25, 0.75], [1, 0]]),
        "sure": ("|u1", [1, 0]),
    }


def test_dictionaries_with_values_that_no_row_has_are_read(build):
    labels = pa.DictionaryArray.from_arrays(pa.array([2, 0], pa.int32()), ["owl", "ape", "cat"])
    index = build(**PARTS, label=labels)
    assert (index.class_names, index.labels.tolist()) == (("cat", "owl"), [0, 1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (PARTS | {"label": [0.5, 1]}, "label 0.5 is neither a whole number nor a name"),
        (PARTS | {"label": [1, 5_000_000]}, "row 2: label 5000000 is out of range"),
        (PARTS | {"offset": [0.5, 1]}, "offset is of type double; give whole numbers"),
        (PARTS | {"offset": [None, 1]}, "offset is empty in 1 of them"),
        (PARTS | {"shard": [1, 2]}, "shard is not a text everywhere"),
        (PARTS | {"soft": [[1, 2], [3]]}, "the lists in soft differ in length"),
        ({"shard": ["a.tar"]}, "a shard needs offset and length"),
        ({"file": pa.array([], pa.string())}, "no rows; add one per sample"),
    ],
)
def test_a_faulty_list_is_refused(build, refusal, columns, message):
    refused = refusal(build, **columns)
    assert "l.parquet" in refused
    assert message in refused


def test_another_file_is_refused(tmp_path, refusal):
    (tmp_path / "l.parquet").write_bytes(b"PAR1 no")
    assert "not a Parquet file" in refusal(index_lists, [str(tmp_path / "l.parquet")], tmp_path / "i", BuildConfig())


def test_what_is_written_is_read_back_the_same(build, tmp_path, monkeypatch, write_tar):
    monkeypatch.setattr(parquet, "PIECE_ROWS", 3)
    paths = [write_tar(f"s/{i}.tar", [(f"c{row % 3}/{row}.jpg", b"x" * row) for row in range(7)]) for i in range(2)]
    index_shards(list(map(str, paths)), tmp_path / "first", BuildConfig())
    parquet.write_parquet(open_stored(tmp_path / "first"), tmp_path / "out.parquet")
    index_lists([str(tmp_path / "out.parquet")], tmp_path / "second", BuildConfig())
    first, second = open_index(tmp_path / "first"), open_index(tmp_path / "second")
    assert [first.name(row) for row in range(14)] == [second.name(row) for row in range(14)]
    assert first.read_rows(np.arange(14)) == second.read_rows(np.arange(14))
    assert (first.class_names, first.labels.tolist()) == (second.class_names, second.labels.tolist())


def test_columns_are_written_too(build, tmp_path):
    index = build(**PARTS, soft=pa.array([[0.25, 0.75], [1, 0]], pa.list_(pa.float32())), weight=[1, 2])
    parquet.write_parquet(open_stored(tmp_path / "index"), tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["file", "offset", "length", "label", "soft", "weight"]
    assert table["soft"].to_pylist() == index.columns["soft"].tolist()
    assert table["label"].to_pylist() == [-1, -1]

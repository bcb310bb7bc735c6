"""A file holds what it was given, with nulls where an image could not be read, in the same bytes every time."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from rs_core.errors import UserError
from rs_semisup.predictions.write import write_range


def test_what_is_read_is_what_was_written(predictions, labelled):
    given = labelled(range(8, 16))
    table = predictions.read(1)
    assert table["row"].to_pylist() == list(range(8, 16))
    assert table["class"].to_pylist() == given.classes[:, 0].tolist()
    assert table["classes"].to_pylist() == given.classes.tolist()
    assert table["content_hash"].to_pylist() == given.content_hashes.tolist()
    assert table["perceptual_hash"].to_pylist() == given.perceptual_hashes.tolist()
    np.testing.assert_array_equal(table["confidence"].to_numpy(), given.confidence)
    np.testing.assert_array_equal(table["entropy"].to_numpy(), given.entropy)
    np.testing.assert_array_equal(np.stack(table["probabilities"].to_pylist()), given.probabilities)
    assert table["unreadable"].null_count == 8


def test_of_an_unreadable_row_there_is_only_why(predictions):
    row = predictions.read(0).to_pylist()[5]
    assert row.pop("row") == 5
    assert row.pop("unreadable") == "cannot be read"
    assert set(row.values()) == {None}


def test_lists_around_a_null_keep_their_places(predictions, labelled):
    lists = predictions.read(0, ["classes"])["classes"].to_pylist()
    expected = labelled(range(8)).classes.tolist()
    assert lists == [*expected[:5], None, *expected[6:]]


def test_the_bytes_are_the_same_every_time(predictions, labelled):
    before = predictions.path(2).read_bytes()
    predictions.path(2).unlink()
    write_range(predictions, 2, labelled(range(16, 20)))
    assert predictions.path(2).read_bytes() == before


def test_any_reader_of_parquet_reads_it(predictions):
    duckdb = pytest.importorskip("duckdb")
    where = predictions.directory / "rows-*.parquet"
    query = f"select count(*), count(confidence), max(row), count(classes) from '{where}'"
    assert duckdb.sql(query).fetchall() == [(20, 19, 19, 19)]
    assert pq.read_schema(predictions.path(0)).equals(predictions.manifest.schema)


def test_a_full_disk_leaves_no_file(predictions, labelled, monkeypatch):
    predictions.path(0).unlink()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rs_core.atomic.os.fsync", full)
    with pytest.raises(UserError, match="No space left on device; make room"):
        write_range(predictions, 0, labelled(range(8)))
    assert not predictions.path(0).exists()
    assert not list(predictions.directory.glob(".*"))

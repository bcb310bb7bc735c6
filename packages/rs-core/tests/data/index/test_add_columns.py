"""Columns come to an index all at once, beside rows that stay as they are, and do not get lost unsaid."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from rs_core.data.index import add_columns as module
from rs_core.data.index import open_index
from rs_core.data.index.add_columns import add_columns
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_list import index_lists
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.store import open_stored
from rs_core.data.index.verify import verify_index

NUM_ROWS = 6


@pytest.fixture
def stored(image_folder, tmp_path):
    """The folder of an index of six rows."""
    index_image_folder(image_folder, tmp_path / "index", BuildConfig())
    return tmp_path / "index"


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def npy_files(folder):
    (data,) = folder.glob("columns-*")
    return sorted(path.relative_to(data).as_posix() for path in data.glob("columns/**/*.npy"))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint16, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(NUM_ROWS,), (NUM_ROWS, 1), (NUM_ROWS, 5)])
def test_numbers_of_any_type_come_back_as_they_were(stored, dtype, shape):
    values = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    add_columns(stored, {"weight": values})
    column = open_index(stored).columns["weight"]
    assert column.dtype == dtype
    assert np.array_equal(column, values)


def test_everything_else_stays_as_it_was_and_is_verified(stored, image_folder):
    before = open_stored(stored)
    rows = {name: before.arrays[name].copy() for name in before.arrays}
    add_columns(stored, {"weight": np.ones(NUM_ROWS), "pseudo_label": np.arange(NUM_ROWS)})
    after = open_stored(stored)
    assert list(after.index.columns) == ["pseudo_label", "weight"]
    assert all(np.array_equal(after.arrays[name], values) for name, values in rows.items())
    assert after.index.name(0) == before.index.name(0)
    assert verify_index(after).problems == []


def test_a_flipped_bit_in_an_added_column_is_found(stored):
    add_columns(stored, {"weight": np.ones(NUM_ROWS)})
    (path,) = stored.glob("columns-*/columns/weight.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "columns/weight.npy is not as it was written" in verify_index(open_stored(stored)).problems[0]


def test_pieces_are_taken_one_after_another(stored):
    pieces = (np.full((size, 2), size, np.float16) for size in (1, 0, 3, 2))
    add_columns(stored, {"logits": pieces})
    assert open_index(stored).columns["logits"][:, 1].tolist() == [1, 3, 3, 3, 2, 2]


def test_an_array_is_written_in_pieces(stored, monkeypatch):
    monkeypatch.setattr(module, "PIECE_ROWS", 4)
    add_columns(stored, {"weight": np.arange(NUM_ROWS)})
    assert open_index(stored).columns["weight"].tolist() == list(range(NUM_ROWS))


def test_a_column_that_is_there_is_replaced_only_if_that_is_said(stored, refusal):
    add_columns(stored, {"weight": np.ones(NUM_ROWS), "other": np.zeros(NUM_ROWS)})
    before = content(stored)
    message = refusal(add_columns, stored, {"weight": np.zeros(NUM_ROWS)})
    assert message == f"{stored}: has a column 'weight' already; choose another name, or replace=True"
    assert content(stored) == before
    for value in (2, 3):
        add_columns(stored, {"weight": np.full((NUM_ROWS, 2), value)}, replace=True)
        columns = open_index(stored).columns
        assert columns["weight"].tolist() == [[value, value]] * NUM_ROWS
        assert columns["other"].tolist() == [0] * NUM_ROWS
        assert len(npy_files(stored)) == 2
    assert verify_index(open_stored(stored)).problems == []


def test_who_has_the_index_open_goes_on_with_what_it_has(stored):
    add_columns(stored, {"weight": np.ones(NUM_ROWS)})
    reader = open_index(stored)
    add_columns(stored, {"weight": np.zeros(NUM_ROWS), "more": np.zeros(NUM_ROWS)}, replace=True)
    assert reader.columns["weight"].tolist() == [1] * NUM_ROWS
    assert list(reader.columns) == ["weight"]
    assert "more" in reader.reopen().columns


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.ones(5), "5 values, for the 6 rows of the index; give one a row"),
        ([], "0 values, for the 6 rows of the index; give one a row"),
        (iter([np.ones(4), np.ones(4), np.ones(4)]), "8 values, or more, for the 6 rows"),
        (np.ones((NUM_ROWS, 2, 2)), "float64 of shape [6, 2, 2]; give numbers of shape [rows] or [rows, k]"),
        (np.array(list("abcdef")), "<U1 of shape [6]; give numbers"),
        (np.ones((NUM_ROWS, 0)), "float64 of shape [6, 0]; give numbers"),
        ([np.ones(3), np.ones(3, np.float32)], "float32 of shape [3] from row 3 on, and before float64 of shape [3]"),
        ([np.ones(3), np.ones((3, 1))], "float64 of shape [3, 1] from row 3 on"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(stored, refusal, values, expected):
    before = content(stored)
    assert expected in refusal(add_columns, stored, {"fits": np.ones(NUM_ROWS), "bad": values})
    assert content(stored) == before


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b", "0", "gewicht µ", "label", "file"])
def test_a_name_that_cannot_be_is_refused(stored, refusal, name):
    assert refusal(add_columns, stored, {name: np.ones(NUM_ROWS)}).startswith(f"column {name!r}: ")


def test_an_error_in_what_gives_the_pieces_leaves_nothing(stored):
    before = content(stored)

    def failing():
        yield np.ones(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_columns(stored, {"weight": failing()})
    assert content(stored) == before


def test_no_index_is_made_where_there_is_none(tmp_path, refusal):
    assert "no index there" in refusal(add_columns, tmp_path / "no", {"weight": np.ones(1)})
    assert not (tmp_path / "no").exists()


SLOW_ADD = """
import sys, time
import numpy as np
from rs_core.data.index.add_columns import add_columns
def pieces():
    yield np.ones(3)
    print("half", flush=True)
    time.sleep(60)
add_columns(sys.argv[1], {"weight": pieces()})
"""


def test_a_killed_call_leaves_the_index_as_it_was_and_nothing_in_the_way(stored):
    description = (stored / "index.json").read_bytes()
    with subprocess.Popen([sys.executable, "-c", SLOW_ADD, stored], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert (stored / "index.json").read_bytes() == description
    assert open_index(stored).columns == {}
    add_columns(stored, {"other": np.zeros(NUM_ROWS)})
    assert npy_files(stored) == ["columns/other.npy"]


def test_a_build_that_changes_nothing_keeps_added_columns(stored, image_folder):
    add_columns(stored, {"weight": np.ones(NUM_ROWS)})
    assert not index_image_folder(image_folder, stored, BuildConfig()).written
    assert open_index(stored).columns["weight"].tolist() == [1] * NUM_ROWS


def test_a_build_of_a_folder_that_would_lose_added_columns_is_refused(stored, image_folder, refusal, settled):
    add_columns(stored, {"weight": np.ones(NUM_ROWS), "score": np.ones(NUM_ROWS)})
    before = content(stored)
    (image_folder / "owl/new.jpg").write_bytes(b"new")
    settled(image_folder)
    message = refusal(index_image_folder, image_folder, stored, BuildConfig())
    assert message == (
        f"{stored}: the columns score, weight have no values for the rows as they are now; leave them out with "
        "--drop_columns and add them again, or give another folder for the index"
    )
    assert content(stored) == before
    index_image_folder(image_folder, stored, BuildConfig(drop_columns=True))
    assert len(open_index(stored)) == NUM_ROWS + 1
    assert open_index(stored).columns == {}


@pytest.mark.parametrize("rescan", [False, True])
def test_a_build_of_shards_that_would_lose_added_columns_is_refused(write_tar, tmp_path, refusal, rescan):
    shards = [str(write_tar(f"{i}.tar", [(f"{i}.jpg", b"x")])) for i in range(3)]
    index_shards(shards[:2], tmp_path / "index", BuildConfig())
    add_columns(tmp_path / "index", {"weight": np.ones(2)})
    assert not index_shards(shards[:2], tmp_path / "index", BuildConfig()).written
    assert "the columns weight" in refusal(index_shards, shards, tmp_path / "index", BuildConfig(rescan=rescan))
    assert len(open_index(tmp_path / "index")) == 2
    index_shards(shards, tmp_path / "index", BuildConfig(rescan=rescan, drop_columns=True))
    assert len(open_index(tmp_path / "index")) == 3


def test_a_build_of_a_list_keeps_the_columns_of_the_list_and_refuses_to_lose_others(tmp_path, refusal):
    (tmp_path / "x.jpg").write_bytes(b"x")
    (tmp_path / "list.csv").write_text("file,weight\nx.jpg,2\n")
    build = [str(tmp_path / "list.csv")], tmp_path / "index"
    index_lists(*build, BuildConfig())
    index_lists(*build, BuildConfig())
    add_columns(tmp_path / "index", {"score": np.ones(1)})
    assert "the columns score have" in refusal(index_lists, *build, BuildConfig())
    index_lists(*build, BuildConfig(drop_columns=True))
    assert list(open_index(tmp_path / "index").columns) == ["weight"]


def test_a_damaged_index_with_columns_can_still_be_built_anew(stored, image_folder):
    add_columns(stored, {"weight": np.ones(NUM_ROWS)})
    (stored / "index.json").write_text(json.dumps({"format": "other"}))
    index_image_folder(image_folder, stored, BuildConfig(rescan=True))
    assert open_index(stored).columns == {}

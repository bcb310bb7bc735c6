"""An index of chosen rows has the same bytes, other labels, and columns of its own."""

import subprocess
import sys

import numpy as np
import pytest

from rs_core.data.index import NO_LABEL, open_index
from rs_core.data.index.add_columns import add_columns
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.building import locked
from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.select_rows import SelectedRows, select_rows
from rs_core.data.index.store import open_stored
from rs_core.data.index.verify import verify_index

NAMES = ("one", "two", "three", "four")

WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
import numpy as np
from rs_core.data.index.select_rows import SelectedRows, select_rows
from rs_core.data.index.store import open_stored
from rs_core.errors import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
source, out, num_rows = open_stored(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
rows = np.zeros(num_rows, np.int64)
try:
    select_rows(source, out, [SelectedRows(rows=rows, labels=rows)], class_names=("a",))
except UserError as error:
    print(error)
"""


@pytest.fixture
def source(image_folder, tmp_path):
    """Six rows of a folder, of cat, cat, dog, dog, dog and owl."""
    index_image_folder(image_folder, tmp_path / "source", BuildConfig())
    add_columns(tmp_path / "source", {"weight": np.ones(6)})
    return open_stored(tmp_path / "source")


def piece(rows, labels=None, **columns):
    labels = [0] * len(rows) if labels is None else labels
    return SelectedRows(rows=np.array(rows, np.int64), labels=np.array(labels, np.int64), columns=columns)


def test_rows_come_in_any_order_as_often_as_asked_with_their_labels(source, tmp_path):
    select_rows(source, tmp_path / "new", [piece([5, 0, 0]), piece([], []), piece([3], [3])], class_names=NAMES)
    index = open_index(tmp_path / "new")
    assert [index.read(row) for row in range(4)] == [source.index.read(row) for row in (5, 0, 0, 3)]
    assert [index.name(row) for row in range(4)] == [source.index.name(row) for row in (5, 0, 0, 3)]
    assert index.labels.tolist() == [0, 0, 0, 3]
    assert index.class_names == NAMES
    assert not index.columns


def test_columns_are_those_given(source, tmp_path):
    pieces = [
        piece([row], score=np.array([row / 7], np.float16), pair=np.array([[row, -row]], np.int16)) for row in (4, 2)
    ]
    select_rows(source, tmp_path / "new", pieces, class_names=NAMES)
    columns = open_index(tmp_path / "new").columns
    assert sorted(columns) == ["pair", "score"]
    assert columns["pair"].tolist() == [[4, -4], [2, -2]]
    assert (columns["pair"].dtype, columns["score"].dtype) == (np.int16, np.float16)


def test_rows_may_have_no_label(source, tmp_path):
    select_rows(source, tmp_path / "new", [piece([0, 1], [NO_LABEL, 2])], class_names=NAMES)
    assert open_index(tmp_path / "new").labels.tolist() == [NO_LABEL, 2]


def test_members_of_shards_keep_their_names(write_tar, tmp_path):
    shard = write_tar("0.tar", [("a.jpg", b"x"), ("a.cls", b"0"), ("b.jpg", b"yy"), ("b.cls", b"1")])
    index_shards([str(shard)], tmp_path / "source", BuildConfig())
    select_rows(open_stored(tmp_path / "source"), tmp_path / "new", [piece([1])], class_names=NAMES)
    stored = open_stored(tmp_path / "new")
    assert (stored.index.name(0), stored.index.read(0)) == (f"{shard}: b.jpg", b"yy")
    assert verify_index(stored).problems == []


def test_what_it_says_of_files_and_rows_is_true(source, tmp_path):
    select_rows(source, tmp_path / "new", [piece([5, 5, 1])], class_names=NAMES)
    stored = open_stored(tmp_path / "new")
    assert stored.files.num_rows.tolist() == np.bincount(source.source.file[[5, 5, 1]], minlength=6).tolist()
    assert verify_index(stored).problems == []
    assert fingerprint(stored.description) != fingerprint(source.description)


def test_an_index_of_a_selection_can_be_selected_from(source, tmp_path):
    select_rows(source, tmp_path / "new", [piece([5, 3, 1])], class_names=NAMES)
    select_rows(open_stored(tmp_path / "new"), tmp_path / "newer", [piece([2, 0])], class_names=NAMES)
    assert open_index(tmp_path / "newer").read(0) == source.index.read(1)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([0, 6], [0, 0], "row 6 is out of range; give 0 to 5 for "),
        ([-1], [0], "row -1 is out of range; give 0 to 5 for "),
        ([0], [4], "label 4 is out of range; give -1 to 3 for "),
        ([0], [-2], "label -2 is out of range; give -1 to 3 for "),
        ([], [], "new: no row of "),
    ],
)
def test_what_is_out_of_range_is_refused_and_nothing_stays(source, tmp_path, refusal, rows, labels, message):
    bad = SelectedRows(rows=np.array(rows, np.int64), labels=np.array(labels, np.int64))
    assert message in refusal(select_rows, source, tmp_path / "new", [bad], class_names=NAMES)
    assert not (tmp_path / "new").exists()


def test_a_failure_leaves_the_index_before(source, tmp_path, refusal):
    select_rows(source, tmp_path / "new", [piece([2])], class_names=NAMES)
    refusal(select_rows, source, tmp_path / "new", [piece([1]), piece([9])], class_names=NAMES)
    assert open_index(tmp_path / "new").read(0) == source.index.read(2)
    assert len(list((tmp_path / "new").glob("columns-*"))) == 1


def test_a_folder_in_use_is_refused(source, tmp_path, refusal):
    with locked(tmp_path / "new"):
        message = refusal(select_rows, source, tmp_path / "new", [piece([0])], class_names=NAMES)
    assert message == f"{tmp_path}/new: another process is writing there; wait for it to end"


# The smaller number fits but for the last bytes, which are written when a column is closed.
@pytest.mark.parametrize("num_rows", [2504, 200_000])
def test_a_full_disk_is_one_line_and_leaves_nothing(source, tmp_path, num_rows):
    arguments = [sys.executable, "-c", WITHOUT_ROOM, str(source.directory), str(tmp_path / "new"), str(num_rows)]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert said.startswith("cannot write ")
    assert said.endswith(": File too large; make room or choose another folder\n")
    assert not (tmp_path / "new").exists()

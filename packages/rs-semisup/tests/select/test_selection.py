"""What is selected, against a brute force in plain Python."""

import json
import tempfile
from collections import defaultdict
from dataclasses import replace
from math import floor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.index import open_index
from rs_core.data.index.building import locked
from rs_core.data.index.store import open_stored
from rs_core.data.index.verify import verify_index
from rs_semisup.predictions.store import open_predictions
from rs_semisup.select import select
from rs_semisup.select.copies import uniform

NAMES = ("ant", "bee", "cat", "dog", "elk")


@pytest.fixture(scope="module", autouse=True)
def _without_pictures():
    """They take longer than all else; the tests of the command look at them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw_confidence", "draw_classes", "draw_sheet"):
            patch.setattr(f"rs_semisup.select.selection.{name}", lambda *_: None)
        yield


def expected_rows(table, *, threshold, per_class, duplicate=True, max_copies=0, seed=0, removed=()):
    """Rank each class by itself, and give the rows of the selection in order."""
    of_class = defaultdict(list)
    for row, (label, confidence, bad) in enumerate(
        zip(table.classes.tolist(), table.confidence.tolist(), table.unreadable.tolist(), strict=True)
    ):
        if not bad and confidence >= float(np.float32(threshold)) and row not in removed:
            of_class[label].append((-confidence, row))
    selected = []
    for ranked in of_class.values():
        best = sorted(ranked)[:per_class]
        wanted = per_class / len(best) if duplicate else 1.0
        wanted = min(wanted, max_copies or wanted)
        for _, row in best:
            up = uniform(np.array([row]), seed)[0] < wanted - floor(wanted)
            selected += [row] * (floor(wanted) + int(up))
    return sorted(selected)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 200),
    st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    st.integers(1, 40),
    st.booleans(),
    st.integers(0, 3),
)
def test_the_rows_are_those_of_a_brute_force(
    labelled, random_table, seed, num_rows, threshold, per_class, duplicate, max_copies
):
    table = random_table(seed, num_rows, len(NAMES))
    wanted = {"threshold": threshold, "per_class": per_class, "duplicate": duplicate, "max_copies": max_copies}
    expected = expected_rows(table, **wanted, seed=seed)
    if not expected:
        return
    with tempfile.TemporaryDirectory() as folder:
        given_rows = labelled(Path(folder), table, NAMES)
        report = select(given_rows.config(**wanted, seed=seed))
        index = open_index(report.directory)
        assert index.columns["source_row"].tolist() == expected
        assert index.labels.tolist() == table.classes[expected].tolist()
        assert report.num_selected == len(expected)
        assert report.num_images == len(set(expected))
        assert report.num_duplicated == sum(expected.count(row) > 1 for row in set(expected))


def test_rows_keep_their_bytes_and_get_the_columns_of_soft_labels(labelled, random_table, tmp_path):
    table = random_table(0, 300, len(NAMES))
    images = labelled(tmp_path, table, NAMES)
    select(images.config())
    stored, source = open_stored(tmp_path / "selected"), open_index(images.index)
    index = stored.index
    rows = index.columns["source_row"]
    assert [index.read(row) for row in range(len(index))] == [source.read(int(row)) for row in rows]
    assert index.class_names == NAMES
    assert index.columns["confidence"].dtype == np.float32
    assert np.array_equal(index.columns["confidence"], table.confidence[rows])
    assert index.columns["pseudo_classes"].dtype == np.int16
    assert np.array_equal(index.columns["pseudo_classes"][:, 0], index.labels)
    assert np.array_equal(index.columns["pseudo_classes"][:, 1], (index.labels + 1) % len(NAMES))
    assert index.columns["pseudo_probabilities"].dtype == np.float16
    assert np.array_equal(index.columns["pseudo_probabilities"][:, 0], table.confidence[rows].astype(np.float16))
    assert verify_index(stored).problems == []


def test_hard_labels_leave_the_probabilities_out(labelled, random_table, tmp_path):
    select(labelled(tmp_path, random_table(0, 100, len(NAMES)), NAMES).config(labels="hard"))
    assert sorted(open_index(tmp_path / "selected").columns) == ["confidence", "source_row"]


def columns_of(folder):
    stored = open_stored(folder)
    return {name: array.tobytes() for name, array in stored.arrays.items()}


def test_the_result_is_the_same_with_any_number_of_threads_and_ranges(labelled, predict, random_table, tmp_path):
    table = random_table(1, 5000, len(NAMES))
    images = labelled(tmp_path, table, NAMES, range_rows=512)
    select(images.config(per_class=300))
    first = columns_of(tmp_path / "selected")
    coarse = predict(images.index, table, NAMES, range_rows=4096, name="coarse")
    for number, changes in enumerate(({"num_workers": 2}, {"num_workers": 4}, {"predictions": coarse})):
        config = replace(images.config(per_class=300), **changes, out=tmp_path / f"again{number}")
        select(config)
        assert columns_of(config.out) == first


def test_rows_of_other_sets_are_removed_by_their_bytes(labelled, make_index, random_table, tmp_path):
    table = random_table(2, 200, len(NAMES))
    images = labelled(tmp_path, table, NAMES)
    train = make_index(tmp_path, "train", [f"image {row}".encode() for row in range(0, 60)], NAMES)
    val = make_index(tmp_path, "val", [f"image {row}".encode() for row in range(50, 90)])
    test = make_index(tmp_path, "test", [b"image 199", b"another"])
    report = select(images.config(labelled=train, held_out=(val, test)))
    removed = {*range(90), 199}
    rows = open_index(report.directory).columns["source_row"].tolist()
    assert rows == expected_rows(table, threshold=0.3, per_class=10, removed=removed)
    certain = np.flatnonzero(~table.unreadable & (table.confidence >= np.float32(0.3)))
    assert report.num_removed == {
        "exact, labelled": np.count_nonzero(certain < 60),
        "exact, held out": np.count_nonzero((certain >= 60) & ((certain < 90) | (certain == 199))),
        "near, labelled": 0,
        "near, held out": 0,
    }
    assert (report.num_compared, report.num_not_compared) == (102, 0)


def test_every_row_is_counted_once(labelled, make_index, random_table, tmp_path):
    table = random_table(3, 400, len(NAMES))
    val = make_index(tmp_path, "val", [f"image {row}".encode() for row in range(100)])
    report = select(labelled(tmp_path, table, NAMES).config(held_out=(val,), per_class=20))
    left_out = report.num_unreadable + report.num_below + sum(report.num_removed.values()) + report.num_over
    assert report.num_rows == 400
    assert report.num_images == 400 - left_out
    assert min(report.num_unreadable, report.num_below, report.num_over) > 0


def test_many_copies_of_one_image_come_in_pieces(labelled, table, tmp_path, monkeypatch):
    monkeypatch.setattr("rs_semisup.select.pieces.PIECE_ROWS", 7)
    select(labelled(tmp_path, table([0, 1, 1], [0.9, 0.5, 0.8]), ("one", "two")).config(per_class=40))
    assert open_index(tmp_path / "selected").columns["source_row"].tolist() == [0] * 40 + [1] * 20 + [2] * 20


def test_a_class_without_images_is_named_and_the_others_go_on(labelled, table, tmp_path):
    report = select(labelled(tmp_path, table([0, 2], [0.9, 0.9]), ("one", "two", "three")).config())
    assert report.empty_classes == ("two",)
    assert open_index(tmp_path / "selected").class_names == ("one", "two", "three")
    assert "No image of 1 of the classes: two." in (tmp_path / "selected/report/report.md").read_text()


def test_the_classes_are_called_as_in_the_labelled_set(labelled, make_index, table, tmp_path):
    images = labelled(tmp_path, table([0, 999], [0.9, 0.9]), imagenet_class_names())
    train = make_index(tmp_path, "train", [b"x"], imagenet_wordnet_ids())
    select(images.config(labelled=train))
    assert open_index(tmp_path / "selected").class_names == imagenet_wordnet_ids()


def test_a_second_selection_replaces_the_first_with_its_report(labelled, random_table, tmp_path):
    images = labelled(tmp_path, random_table(4, 100, len(NAMES)), NAMES)
    select(images.config(per_class=5))
    report = select(images.config(per_class=8))
    assert len(open_index(tmp_path / "selected")) == report.num_selected
    noted = json.loads((tmp_path / "selected/report/selection.json").read_text())
    assert (noted["settings"]["per_class"], noted["figures"]["num_selected"]) == (8, report.num_selected)


def test_what_does_not_fit_is_refused(labelled, make_index, random_table, refusal, tmp_path):
    images = labelled(tmp_path, random_table(5, 200, len(NAMES)), NAMES)
    other = make_index(tmp_path, "other", [b"x"] * 200)
    message = refusal(select, replace(images.config(), index=other))
    assert message.startswith(
        f"{other}: has other rows (200) than the index that {images.predictions} labels (200), or"
    )
    message = refusal(select, images.config(labelled=other))
    assert message == (
        f"{other}: has other classes (1: a) than the teacher (5: ant, bee, cat, …); "
        "index the labelled images with the teacher's classes in their order"
    )
    message = refusal(select, images.config(held_out=(other,), max_hash_distance=3))
    assert message == (
        f"{images.predictions}: has no perceptual hashes, which max_hash_distance compares; "
        "label with --perceptual_hash, into another folder"
    )
    assert not (tmp_path / "selected").exists()


def test_nothing_left_is_refused_saying_where_it_went(labelled, make_index, table, refusal, tmp_path):
    images = labelled(tmp_path, table([0, 0, 0], [0.9, 0.1, 0], [False, False, True]), ("a",))
    val = make_index(tmp_path, "val", [b"image 0"])
    assert refusal(select, images.config(held_out=(val,))) == (
        f"{images.predictions}: nothing is left to choose: of 3 rows, 1 are unreadable, 1 below the threshold of 0.3 "
        "and 1 duplicates; lower --threshold, or label other images"
    )
    assert not (tmp_path / "selected").exists()


def test_incomplete_predictions_are_refused(labelled, random_table, refusal, tmp_path):
    images = labelled(tmp_path, random_table(6, 200, len(NAMES)), NAMES)
    open_predictions(images.predictions).path(2).unlink()
    assert "1 of 4 ranges are not labelled, the first from row 128" in refusal(select, images.config())


@pytest.mark.parametrize("keep", [0, 100, 1000])
def test_a_torn_file_is_named(labelled, random_table, refusal, tmp_path, keep):
    images = labelled(tmp_path, random_table(7, 200, len(NAMES)), NAMES)
    path = open_predictions(images.predictions).path(1)
    path.write_bytes(path.read_bytes()[:keep])
    message = refusal(select, images.config())
    assert message.startswith(f"{path}: torn or damaged (")
    assert message.endswith("remove the file and run rs-semisup label again, which does what is missing")
    assert not (tmp_path / "selected").exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.5])
def test_a_confidence_that_cannot_be_is_named(labelled, random_table, refusal, tmp_path, value):
    table = random_table(8, 200, len(NAMES))
    table.unreadable[:] = False
    table.confidence[77] = value
    images = labelled(tmp_path, table, NAMES)
    message = refusal(select, images.config())
    assert message.startswith(f"{images.predictions}: row 77 has confidence {float(np.float32(value))} of class ")


@pytest.mark.parametrize(
    ("column", "values"),
    [("probabilities", [0.5, np.nan]), ("probabilities", [0.5, 2]), ("classes", [0, 5]), ("classes", None)],
)
def test_soft_labels_that_cannot_be_are_refused(labelled, table, refusal, tmp_path, column, values):
    images = labelled(tmp_path, table([0] * 100, [0.9] * 100), NAMES)
    predictions = open_predictions(images.predictions)
    content = predictions.read(1)
    place = content.schema.names.index(column)
    kind = np.float16 if column == "probabilities" else np.int32
    row = None if values is None else list(np.array(values, kind))
    content = content.set_column(place, content.schema.field(column), pa.array([row] * 36, content[column].type))
    pq.write_table(content, predictions.path(1))
    message = refusal(select, images.config(per_class=100))
    assert message.startswith(f"{predictions.path(1)}: has a class or probability that cannot be; remove the file and ")


def test_a_file_with_rows_of_another_is_named(labelled, table, refusal, tmp_path):
    images = labelled(tmp_path, table([0] * 100, [0.9] * 100), NAMES)
    predictions = open_predictions(images.predictions)
    content = predictions.read(1)
    content = content.set_column(0, content.schema.field("row"), pa.array(np.arange(64, 100) + 10**9))
    pq.write_table(content, predictions.path(1))
    message = refusal(select, images.config())
    assert message.startswith(f"{predictions.path(1)}: does not hold each of the rows 64 to 99 once; remove the file ")


def test_a_class_that_the_teacher_does_not_have_is_named(labelled, table, refusal, tmp_path):
    images = labelled(tmp_path, table([0, 1, 2], [0.9] * 3), ("a", "b"))
    assert "row 2 has confidence 0.8999999761581421 of class 2, which cannot be with 2 classes" in refusal(
        select, images.config()
    )


def test_a_folder_in_use_is_refused_at_once(labelled, random_table, refusal, tmp_path, monkeypatch):
    images = labelled(tmp_path, random_table(9, 50, len(NAMES)), NAMES)
    monkeypatch.setattr("rs_semisup.select.selection.hash_images", None)  # not reached
    with locked(tmp_path / "selected"):
        message = refusal(select, images.config())
    assert message == f"{tmp_path}/selected: another process is writing there; wait for it to end"


def test_a_failed_selection_leaves_the_one_before(labelled, random_table, refusal, tmp_path, monkeypatch):
    images = labelled(tmp_path, random_table(10, 200, len(NAMES)), NAMES)
    select(images.config())
    before = columns_of(tmp_path / "selected")
    path = open_predictions(images.predictions).path(3)
    column = pq.read_metadata(path).row_group(0).column(2)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset + column.total_compressed_size - 1] ^= 1
    path.write_bytes(content)
    refusal(select, images.config(seed=1))
    assert columns_of(tmp_path / "selected") == before


def test_a_folder_of_any_name_is_read(labelled, random_table, tmp_path):
    folder = tmp_path / "it's [a] *?"
    folder.mkdir()
    images = labelled(folder, random_table(11, 100, len(NAMES)), NAMES)
    assert select(images.config()).num_rows == 100

"""Whatever is not exactly one sound prediction for each row is found and named."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rs_core.data.index.store import open_stored
from rs_semisup.predictions.verify import verify_predictions
from rs_semisup.predictions.write import write_range


def problems(predictions, **options):
    return verify_predictions(predictions, **options).problems


def test_sound_predictions_have_no_problem(predictions):
    verdict = verify_predictions(predictions)
    assert verdict.problems == []
    assert verdict.num_rows == 20
    assert verdict.unreadable == {5: "cannot be read"}


@pytest.mark.slow
def test_several_processes_find_the_same(predictions):
    assert verify_predictions(predictions, num_workers=2) == verify_predictions(predictions)


def test_missing_ranges_are_named_by_their_rows(predictions):
    predictions.path(0).unlink()
    predictions.path(1).unlink()
    (line,) = problems(predictions)
    assert "rows 0 to 15 are not labelled, 2 files of ranges missing; run rs-semisup label again" in line
    predictions.path(2).unlink()
    (line,) = problems(predictions)
    assert "rows 0 to 19 are not labelled, 3 files" in line


def test_foreign_files_are_named(predictions):
    for name in ("rows-000000000000-000000000020.parquet", "notes.txt", ".rows.parquet.1.partial"):
        (predictions.directory / name).touch()
    found = problems(predictions)
    assert len(found) == 3
    assert all(line.endswith("is no part of these predictions; remove it") for line in found)


def test_a_torn_file_is_named_beside_other_problems(predictions):
    predictions.path(0).write_bytes(predictions.path(0).read_bytes()[:-20])
    predictions.path(2).unlink()
    found = problems(predictions)
    assert len(found) == 2
    assert "torn or damaged" in found[1]


def test_another_index_is_named(predictions, pictures):
    (line,) = problems(predictions, stored=open_stored(pictures))
    assert "has other rows (45) than the index that" in line


def changed(values, place, value):
    values = values.copy()
    values[place] = value
    return values


@pytest.mark.parametrize(
    ("field", "place", "value", "message"),
    [
        ("confidence", 2, np.nan, "a confidence or entropy is no number (1 rows, the first 10)"),
        ("entropy", slice(1, 4), np.inf, "a confidence or entropy is no number (3 rows, the first 9)"),
        ("probabilities", (0, 1), np.nan, "a probability is no number"),
        ("confidence", 2, 1.5, "a confidence is not in (0, 1]"),
        ("confidence", 2, 0, "a confidence is not in (0, 1]"),
        ("entropy", 2, 2, "an entropy is impossible for so many classes"),
        ("entropy", 2, -1, "an entropy is impossible"),
        ("probabilities", (0, 2), -0.1, "a probability is not in [0, 1]"),
        ("probabilities", 0, 0.5, "probabilities add up to more than 1"),
        ("probabilities", (0, 2), 0.9, "probabilities do not fall"),
        ("confidence", 2, 0.999, "the first probability is not the confidence"),
        ("classes", (0, 2), 6, "a class is not one of 6"),
        ("classes", (0, 2), -1, "a class is not one of 6"),
    ],
)
def test_impossible_values_are_named(predictions, labelled, field, place, value, message):
    given = labelled(range(8, 16))
    values = {field: changed(getattr(given, field), place, value)}
    if message == "probabilities do not fall":
        values = {"probabilities": changed(given.probabilities, (0, slice(1, 3)), [0.01, 0.02])}
    write_range(predictions, 1, dataclasses.replace(given, **values))
    (line,) = problems(predictions)
    assert message in line
    assert line.endswith("remove the file and run rs-semisup label again, which does what is missing")


def test_a_class_that_is_there_twice_is_named(predictions, labelled):
    given = labelled(range(8, 16))
    classes = changed(given.classes, (0, 2), given.classes[0, 1])
    write_range(predictions, 1, dataclasses.replace(given, classes=classes))
    assert "a class is there twice (1 rows, the first 8)" in problems(predictions)[0]


def test_a_row_without_a_prediction_or_a_reason_is_named(predictions):
    table = predictions.read(0)
    reasons = pa.array([None] * 8, pa.string())
    without = table.set_column(table.schema.get_field_index("unreadable"), "unreadable", reasons)
    pq.write_table(without, predictions.path(0))
    (line,) = problems(predictions)
    assert "class is missing, or there in spite of an image that cannot be read (1 rows, the first 5)" in line

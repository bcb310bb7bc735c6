"""Reading gives all that is there and refuses what is missing, torn or something else."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rs_core.errors import UserError
from rs_semisup.predictions.layout import MANIFEST
from rs_semisup.predictions.store import open_predictions


def test_some_columns_can_be_read(predictions):
    assert predictions.read(0, ["class", "confidence"]).column_names == ["class", "confidence"]
    assert predictions.read(0, ["row"])["row"].to_pylist() == list(range(8))


def test_missing_ranges_are_known_and_refused(predictions):
    predictions.refuse_missing()
    predictions.path(1).unlink()
    assert predictions.missing() == [1]
    with pytest.raises(UserError, match="1 of 3 ranges are not labelled, the first from row 8; run rs-semisup label"):
        predictions.refuse_missing()
    with pytest.raises(UserError, match="is missing; run rs-semisup label again"):
        predictions.read(1)


@pytest.mark.parametrize("keep", [0, 3, 200, -1])
def test_a_torn_file_is_refused(predictions, keep):
    content = predictions.path(0).read_bytes()
    predictions.path(0).write_bytes(content[:keep])
    with pytest.raises(UserError, match=r"torn or damaged .*; remove the file and run rs-semisup label again"):
        predictions.read(0)


def test_a_flipped_bit_in_any_page_is_refused(predictions):
    content = predictions.path(0).read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    torn = 0
    for place in range(4, footer, 7):
        predictions.path(0).write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        try:
            assert predictions.read(0).equals(pq.read_table(pa.BufferReader(content)))
        except UserError as error:
            torn += "remove the file" in str(error)
    # The rest are bits of page headers that mean nothing.
    assert torn > 0.5 * len(range(4, footer, 7))


def test_rows_of_another_range_are_refused(predictions):
    predictions.path(0).write_bytes(predictions.path(1).read_bytes())
    with pytest.raises(UserError, match="does not hold each of the rows 0 to 7 once"):
        predictions.read(0)


def test_other_columns_are_refused(predictions):
    pq.write_table(predictions.read(0).drop_columns(["entropy"]), predictions.path(0))
    with pytest.raises(UserError, match=r"has other columns than manifest\.json says"):
        predictions.read(0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged; label into another folder"),
        ("[]", "does not describe predictions"),
        ('{"format": "rs-semisup predictions", "version": 9}', "of version 9, and this rs-semisup reads version 1"),
        ('{"format": "rs-semisup predictions", "version": 1}', "damaged .*setting index is missing"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(predictions, text, message):
    (predictions.directory / MANIFEST).write_text(text)
    with pytest.raises(UserError, match=message):
        open_predictions(predictions.directory)


def test_a_manifest_with_one_value_changed_is_read(predictions):
    data = json.loads((predictions.directory / MANIFEST).read_text())
    (predictions.directory / MANIFEST).write_text(json.dumps(data | {"teacher": "somebody"}))
    assert open_predictions(predictions.directory).manifest.teacher == "somebody"

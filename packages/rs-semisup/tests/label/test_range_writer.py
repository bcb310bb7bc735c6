"""Ranges are written while others are labelled, one at a time, and what goes wrong is said as soon as it is known."""

import json
import time
from threading import Event

import numpy as np
import pytest
import torch

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_semisup.label.batches import LabelBatch
from rs_semisup.label.range_writer import RangeWriter
from rs_semisup.label.ranking import Ranking, rank_classes
from rs_semisup.predictions.layout import MANIFEST, Manifest
from rs_semisup.predictions.store import open_predictions


@pytest.fixture
def predictions(tmp_path):
    """Of 10 rows in ranges of 8, in batches of 4."""
    manifest = Manifest(
        index="0",
        num_rows=10,
        teacher="nobody",
        teacher_fingerprint="1",
        class_names=("a", "b", "c"),
        preprocessing=Preprocessing(resolution=8),
        top_k=2,
        range_rows=8,
        batch_size=4,
        precision="float16",
        perceptual_hash=False,
    )
    (tmp_path / MANIFEST).write_text(json.dumps(manifest.to_json()))
    return open_predictions(tmp_path)


def part(first_row, num_rows, answer=None, unreadable=None):
    """Give a batch of four places, of which some are rows, and what a teacher says."""
    batch = LabelBatch(
        images=torch.empty(0),
        first_row=first_row,
        content_hashes=torch.arange(first_row, first_row + num_rows).to(torch.uint64),
        has_bytes=torch.ones(num_rows, dtype=torch.bool),
        perceptual_hashes=torch.zeros(num_rows, dtype=torch.uint64),
        unreadable=unreadable or {},
    )
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(first_row)) if answer is None else answer
    return batch, rank_classes(logits.log_softmax(1), 2)


def writer(predictions, on_written=lambda _number: None):
    return RangeWriter(predictions, torch.device("cpu"), "image {}".format, on_written)


def test_batches_become_rows_and_padding_is_dropped(predictions):
    written = []
    with writer(predictions, written.append) as writing:
        writing.write(0, [part(0, 4), part(4, 4)])
        writing.write(1, [part(8, 2)])
        writing.wait()
    assert written == [0, 1]
    assert predictions.missing() == []
    last = predictions.read(1)
    assert last["content_hash"].to_pylist() == [8, 9]
    expected: Ranking = part(8, 2)[1]
    np.testing.assert_array_equal(last["confidence"].to_numpy(), expected.confidence[:2].numpy())


def not_a_number(*rows):
    answer = torch.zeros(4, 3)
    answer[list(rows)] = float("nan")
    return answer


def test_nan_is_refused_by_the_name_of_the_first_row(predictions):
    with writer(predictions) as writing:
        writing.write(0, [part(0, 4), part(4, 4, not_a_number(1, 2))])
        message = r"^image 5 \(row 5\): .* NaN in float16; try --precision float32 or bfloat16 into another folder"
        with pytest.raises(UserError, match=message):
            writing.wait()
    assert predictions.missing() == [0, 1]


def test_nan_of_what_is_no_image_means_nothing(predictions):
    with writer(predictions) as writing:
        writing.write(1, [part(8, 2, not_a_number(1, 2, 3), unreadable={9: "cannot be read"})])
        writing.wait()
    assert predictions.read(1)["class"].to_pylist()[1] is None


def test_a_failure_is_raised_while_the_next_range_is_under_way(predictions):
    with writer(predictions) as writing:
        writing.write(0, [part(0, 4), part(4, 4, not_a_number(0))])
        deadline = time.monotonic() + 30
        with pytest.raises(UserError, match="image 4"):
            while time.monotonic() < deadline:
                writing.raise_failure()
                time.sleep(0.001)


def test_the_caller_goes_on_while_a_range_is_written(predictions):
    may_end = Event()
    with writer(predictions, lambda _number: may_end.wait(30)) as writing:
        writing.write(0, [part(0, 4), part(4, 4)])
        writing.raise_failure()
        may_end.set()
        writing.wait()
    assert predictions.missing() == [1]

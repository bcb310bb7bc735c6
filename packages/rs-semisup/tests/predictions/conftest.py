"""Predictions that no teacher made: 20 rows in ranges of 8, of 6 classes of which 3 are kept; row 5 is unreadable."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rs_core.atomic import write_text_atomically
from rs_core.data.preprocessing import Preprocessing
from rs_semisup.predictions.layout import MANIFEST, Manifest
from rs_semisup.predictions.store import Predictions, open_predictions
from rs_semisup.predictions.write import LabelledRows, write_range


@pytest.fixture
def manifest() -> Manifest:
    """Of 20 rows."""
    return Manifest(
        index="0" * 32,
        num_rows=20,
        teacher="nobody",
        teacher_fingerprint="1" * 32,
        class_names=("a", "b", "c", "d", "e", "f"),
        preprocessing=Preprocessing(resolution=32),
        top_k=3,
        range_rows=8,
        batch_size=4,
        precision="float32",
        perceptual_hash=True,
    )


@pytest.fixture
def labelled() -> Callable[[range], LabelledRows]:
    """Gives what makes up what was found of some rows."""
    return make_up


def make_up(rows: range) -> LabelledRows:
    """Make up what was found of some rows."""
    rng = np.random.default_rng(rows.start)
    probabilities = rng.dirichlet(np.ones(6), len(rows)).astype(np.float32)
    order = np.argsort(-probabilities, axis=1)
    ranked = np.take_along_axis(probabilities, order, axis=1)
    return LabelledRows(
        classes=order[:, :3].astype(np.int32),
        probabilities=ranked[:, :3].astype(np.float16),
        confidence=ranked[:, 0],
        entropy=-(probabilities * np.log(probabilities)).sum(axis=1),
        content_hashes=rng.integers(0, 2**64, len(rows), np.uint64),
        has_bytes=np.array([row != 5 for row in rows]),
        perceptual_hashes=rng.integers(0, 2**64, len(rows), np.uint64),
        unreadable={row: "cannot be read" for row in rows if row == 5},
    )


@pytest.fixture
def predictions(manifest, tmp_path) -> Predictions:
    """All three files."""
    folder: Path = tmp_path / "predictions"
    write_text_atomically(folder / MANIFEST, json.dumps(manifest.to_json()))
    made = open_predictions(folder)
    for number in range(manifest.num_ranges):
        write_range(made, number, make_up(manifest.rows_of(number)))
    return made

"""Predictions without a teacher, and indexes of files that hold a few bytes a row."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists
from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.data.preprocessing import Preprocessing
from rs_semisup.label.hashes import content_hash
from rs_semisup.predictions.layout import Manifest
from rs_semisup.predictions.store import open_predictions
from rs_semisup.predictions.write import LabelledRows, write_range
from rs_semisup.select import SelectConfig

TOP_K = 2


@dataclass(kw_only=True, eq=False)
class Table:
    """What a teacher says of rows: arrays of shape [rows]. Where ``unreadable``, all else does not count."""

    classes: NDArray[np.integer]
    confidence: NDArray[np.float32]
    unreadable: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """An index and its predictions."""

    folder: Path
    index: Path
    predictions: Path

    def config(self, **settings) -> SelectConfig:
        """Settings of a selection from it, by one worker, into the folder ``selected``."""
        where = {"predictions": self.predictions, "index": self.index, "out": self.folder / "selected"}
        return SelectConfig(**where | {"num_workers": 1, "per_class": 10} | settings)


@pytest.fixture(scope="session")
def table() -> Callable[..., Table]:
    """Make a table of classes and confidences; all are readable unless told otherwise."""

    def make(classes, confidence, unreadable=None) -> Table:
        bad = np.zeros(len(classes), np.bool_) if unreadable is None else np.array(unreadable)
        return Table(classes=np.array(classes), confidence=np.array(confidence, np.float32), unreadable=bad)

    return make


@pytest.fixture(scope="session")
def random_table(table) -> Callable[..., Table]:
    """Make a table of few values of confidence, so that many are the same, and of classes of unequal sizes."""

    def make(seed: int, num_rows: int, num_classes: int) -> Table:
        rng = np.random.default_rng(seed)
        shares = 1 / np.arange(1, num_classes + 1)
        classes = rng.choice(num_classes, num_rows, p=shares / shares.sum())
        return table(classes, rng.integers(0, 41, num_rows) / 40, rng.random(num_rows) < 0.1)

    return make


@pytest.fixture(scope="session")
def make_index() -> Callable[..., Path]:
    """Index contents, one a row, as parts of one file in a folder; give the folder of the index."""

    def make(folder: Path, name: str, contents: list[bytes], class_names: tuple[str, ...] = ("a",)) -> Path:
        (folder / f"{name}.bin").write_bytes(b"".join(contents))
        ends = np.cumsum([len(content) for content in contents])
        rows = [
            f"{name}.bin,{end - len(content)},{len(content)},0" for content, end in zip(contents, ends, strict=True)
        ]
        (folder / f"{name}.csv").write_text("\n".join(["shard,offset,length,label", *rows]))
        index_lists([str(folder / f"{name}.csv")], folder / name, BuildConfig(class_names=class_names))
        return folder / name

    return make


@pytest.fixture(scope="session")
def predict() -> Callable[..., Path]:
    """Write predictions of an index as ``rs-semisup label`` would, and give their folder."""

    def write(
        index: Path,
        table: Table,
        class_names: tuple[str, ...],
        *,
        range_rows: int = 64,
        perceptual: NDArray[np.uint64] | None = None,
        name: str = "predictions",
    ) -> Path:
        stored = open_stored(index)
        manifest = Manifest(
            index=fingerprint(stored.description),
            num_rows=len(stored.index),
            teacher="nobody",
            teacher_fingerprint="0",
            class_names=class_names,
            preprocessing=Preprocessing(resolution=32),
            top_k=min(TOP_K, len(class_names)),
            range_rows=range_rows,
            batch_size=range_rows,
            precision="float32",
            perceptual_hash=perceptual is not None,
        )
        folder = index.parent / name
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))
        predictions = open_predictions(folder)
        for number in range(manifest.num_ranges):
            write_range(predictions, number, labelled_rows(stored, table, manifest, number, perceptual))
        return folder

    return write


def labelled_rows(
    stored: StoredIndex, table: Table, manifest: Manifest, number: int, perceptual: NDArray[np.uint64] | None
) -> LabelledRows:
    rows = manifest.rows_of(number)
    part, top_k = slice(rows.start, rows.stop), manifest.top_k
    first, confidence = table.classes[part].astype(np.int32), table.confidence[part]
    return LabelledRows(
        classes=np.stack([first, (first + 1) % len(manifest.class_names)], 1)[:, :top_k],
        probabilities=np.stack([confidence, (1 - confidence) / 2], 1)[:, :top_k].astype(np.float16),
        confidence=confidence,
        entropy=np.zeros(len(rows), np.float32),
        content_hashes=np.array([content_hash(stored.index.read(row)) for row in rows], np.uint64),
        has_bytes=np.ones(len(rows), np.bool_),
        perceptual_hashes=np.zeros(len(rows), np.uint64) if perceptual is None else perceptual[part],
        unreadable={row: "damaged" for row in rows if table.unreadable[row]},
    )


@pytest.fixture(scope="session")
def labelled(make_index, predict) -> Callable[..., Labelled]:
    """Index as many rows as a table has, each of other bytes, with its predictions."""

    def make(folder: Path, table: Table, class_names: tuple[str, ...], **settings) -> Labelled:
        index = make_index(folder, "images", [f"image {row}".encode() for row in range(len(table.classes))])
        return Labelled(folder=folder, index=index, predictions=predict(index, table, class_names, **settings))

    return make

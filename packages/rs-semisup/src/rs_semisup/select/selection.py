"""The selection from beginning to end."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_core.atomic import write_text_atomically
from rs_core.data.decode import DecodeConfig
from rs_core.data.index import open_index
from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.building import building
from rs_core.data.index.select_rows import select_rows
from rs_core.data.index.store import open_stored, read_description
from rs_core.errors import UserError
from rs_semisup.predictions.layout import Manifest
from rs_semisup.predictions.store import Predictions, open_predictions
from rs_semisup.select.classes import agreed_classes
from rs_semisup.select.config import SelectConfig
from rs_semisup.select.counts import Counts, count
from rs_semisup.select.duplicates import find_duplicates
from rs_semisup.select.engine import open_engine
from rs_semisup.select.extremes import least_certain, most_certain
from rs_semisup.select.image_hashes import KnownImages, Progress, hash_images
from rs_semisup.select.pictures import draw_classes, draw_confidence
from rs_semisup.select.pieces import selected_pieces
from rs_semisup.select.ranking import Choice, choose
from rs_semisup.select.report import SelectionReport, page, spread_of
from rs_semisup.select.sample_sheet import NUM_IMAGES, draw_sheet

REPORT = "report"


@contextmanager
def in_silence(_stage: str) -> Iterator[OnProgress]:
    """Tell nobody."""
    yield no_progress


def select(config: SelectConfig, progress: Progress = in_silence) -> SelectionReport:
    """Choose images by what a teacher predicts, balanced over the classes, as a new index of the same files.

    Rows of the new index are in the order of the old one, and copies of an image next to each other. It has the columns
    ``confidence`` (float32), ``source_row`` (int64, of the old index) and, with soft labels, ``pseudo_classes`` (int16
    where that suffices, else int32, [rows, top_k], likeliest first) and ``pseudo_probabilities`` (float16, of the same
    shape). Its folder also holds ``report/``: ``report.md``, its pictures, and ``selection.json``.

    Args:
        config: what to select, and how.
        progress: given what is being done, a context in which it is told how far that is.

    Raises:
        UserError: predictions that are incomplete, torn or of another index, a labelled set with other classes,
            nothing that can be chosen, or ``out`` cannot be written. An index that was there is then as it was.
    """
    started = time.monotonic()
    predictions = open_predictions(config.predictions)
    predictions.refuse_missing()
    predictions.refuse_other_index(config.index, read_description(config.index))
    class_names = agreed_classes(predictions.manifest.class_names, config.labelled)
    refuse_without_hashes(config, predictions)
    with building(config.out):
        pass  # A folder that cannot be written is refused before minutes of work, not after them.

    decode = DecodeConfig(apply_exif_orientation=predictions.manifest.preprocessing.apply_exif_orientation)
    known = hash_images(
        config.labelled,
        config.held_out,
        perceptual=config.max_hash_distance >= 0,
        decode=decode,
        num_workers=config.num_workers,
        progress=progress,
    )
    with open_engine(predictions, num_threads=config.num_workers, memory_limit=config.memory_limit) as engine:
        with progress("finding duplicates"):
            find_duplicates(engine, known, threshold=config.threshold, max_distance=config.max_hash_distance)
        with progress("counting"):
            counts = count(engine, predictions, config.threshold)
        refuse_empty(counts, config)
        with progress("ranking"):
            choice = choose(engine, counts, config)
    with progress("writing") as tell:
        select_rows(
            open_stored(config.index, root=config.root),
            config.out,
            selected_pieces(predictions, choice.copies, config.labels, tell),
            class_names=class_names,
        )
    empty = (name for name, number in zip(class_names, choice.per_class.tolist(), strict=True) if not number)
    report = SelectionReport(
        **figures(counts, known, choice.copies, config),
        directory=config.out,
        per_class_before=spread_of(counts.candidates.sum(axis=1)),
        per_class_after=spread_of(choice.per_class),
        empty_classes=tuple(empty),
        seconds=round(time.monotonic() - started, 1),
    )
    folder = config.out / REPORT
    write_text_atomically(folder / "selection.json", as_json(report, config, predictions.manifest))
    with progress("drawing"):
        draw(folder, counts, choice, decode, config)
    write_text_atomically(folder / "report.md", page(report, config, predictions.manifest.teacher))
    return report


def draw(folder: Path, counts: Counts, choice: Choice, decode: DecodeConfig, config: SelectConfig) -> None:
    """Draw the pictures of the report."""
    draw_confidence(counts.predicted, config.threshold, folder / "confidence.png")
    draw_classes(counts.predicted.sum(axis=1), counts.candidates.sum(axis=1), choice.per_class, folder / "classes.png")
    index = open_index(config.out)
    draw_sheet(index, most_certain(index, NUM_IMAGES, config.seed), decode, folder / "most_certain.png")
    draw_sheet(index, least_certain(index, NUM_IMAGES, config.seed), decode, folder / "least_certain.png")


def refuse_without_hashes(config: SelectConfig, predictions: Predictions) -> None:
    """Refuse to look for near-duplicates where there are no perceptual hashes.

    Raises:
        UserError: saying how to get them.
    """
    if config.max_hash_distance >= 0 and not predictions.manifest.perceptual_hash:
        raise UserError(
            f"{config.predictions}: has no perceptual hashes, which max_hash_distance compares; "
            "label with --perceptual_hash, into another folder"
        )


def refuse_empty(counts: Counts, config: SelectConfig) -> None:
    """Refuse a selection of nothing.

    Raises:
        UserError: saying where all rows went.
    """
    if not counts.candidates.any():
        raise UserError(
            f"{config.predictions}: nothing is left to choose: of {counts.num_rows:,} rows, {counts.num_unreadable:,} "
            f"are unreadable, {counts.num_below:,} below the threshold of {config.threshold:g} and "
            f"{sum(counts.num_removed.values()):,} duplicates; lower --threshold, or label other images"
        )


def figures(
    counts: Counts, known: KnownImages, copies: NDArray[np.unsignedinteger], config: SelectConfig
) -> dict[str, Any]:
    """Give the figures of a report that are sums over rows."""
    num_candidates = counts.candidates.sum(axis=1)
    return {
        "num_rows": counts.num_rows,
        "num_unreadable": counts.num_unreadable,
        "num_below": counts.num_below,
        "num_removed": counts.num_removed,
        "num_over": int(np.maximum(num_candidates - config.per_class, 0).sum()),
        "num_images": int(np.count_nonzero(copies)),
        "num_duplicated": int(np.count_nonzero(copies > 1)),
        "num_selected": int(copies.sum(dtype=np.int64)),
        "num_compared": known.num_images,
        "num_not_compared": known.num_unreadable,
    }


def as_json(report: SelectionReport, config: SelectConfig, manifest: Manifest) -> str:
    """Write the settings, what they were applied to, and the figures."""
    settings = {name: _plain(value) for name, value in asdict(config).items()}
    of = {name: getattr(manifest, name) for name in ("index", "teacher", "teacher_fingerprint", "precision")}
    return json.dumps({"settings": settings, "predictions": of, "figures": report.to_json()}, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value

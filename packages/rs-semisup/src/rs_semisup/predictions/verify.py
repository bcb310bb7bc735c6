"""Proving that every row of an index is labelled exactly once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.store import StoredIndex
from rs_core.errors import UserError
from rs_semisup.predictions.layout import CLAIMS, MANIFEST, Manifest
from rs_semisup.predictions.store import REMEDY, Predictions, open_predictions

OnRange = Callable[[int, int, int], None]
"""Told how many ranges are read, how many there are, and how many rows that was."""

# float32 sums of probabilities, and their entropy, may miss by so much.
TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What reading predictions from front to back has shown.

    Args:
        problems: what is wrong, a line each.
        num_rows: rows that are labelled, and rows that are known to be unreadable.
        unreadable: of the latter, by row, why.
    """

    problems: list[str]
    num_rows: int
    unreadable: dict[int, str]


@dataclass(frozen=True, kw_only=True)
class RangeVerdict:
    """What reading one file has shown; ``problem`` is empty if nothing is wrong with it."""

    problem: str = ""
    unreadable: dict[int, str] = field(default_factory=dict)


def no_report(done: int, total: int, num_rows: int) -> None:
    """Show nothing."""


def verify_predictions(
    predictions: Predictions,
    stored: StoredIndex | None = None,
    num_workers: int = 1,
    on_range: OnRange = no_report,
) -> Verdict:
    """Read all predictions, by their checksums too, and look for what is missing, foreign, torn or impossible.

    Args:
        predictions: of any state.
        stored: the index that they are to label; without it, the one that they say.
        num_workers: processes that read.
        on_range: told how far it is.
    """
    manifest = predictions.manifest
    problems = [*_of_index(predictions, stored), *_foreign(predictions)]
    missing = predictions.missing()
    problems += [missing_lines(predictions, run) for run in runs_of(missing)]
    present = sorted(set(range(manifest.num_ranges)) - set(missing))
    unreadable: dict[int, str] = {}
    num_rows = 0
    verdicts = map_in_order(_check_range, predictions.directory, present, min(num_workers, len(present)))
    for done, (number, verdict) in enumerate(zip(present, verdicts, strict=True), start=1):
        problems += [verdict.problem] if verdict.problem else []
        num_rows += 0 if verdict.problem else len(manifest.rows_of(number))
        unreadable |= verdict.unreadable
        on_range(done, len(present), num_rows)
    return Verdict(problems=problems, num_rows=num_rows, unreadable=unreadable)


def missing_lines(predictions: Predictions, run: range) -> str:
    """Say which rows a run of missing ranges leaves without a label."""
    first, last = predictions.manifest.rows_of(run[0]).start, predictions.manifest.rows_of(run[-1]).stop - 1
    what = predictions.path(run[0]).name if len(run) == 1 else f"{len(run):,} files of ranges"
    return (
        f"{predictions.directory}: rows {first:,} to {last:,} are not labelled, {what} missing; "
        "run rs-semisup label again, which does what is missing"
    )


def runs_of(numbers: Sequence[int]) -> Iterator[range]:
    """Give the runs of consecutive numbers in rising ones.

    >>> list(runs_of([0, 1, 2, 5, 7, 8]))
    [range(0, 3), range(5, 6), range(7, 9)]
    """
    ends = [place for place in range(1, len(numbers)) if numbers[place] != numbers[place - 1] + 1]
    for start, end in zip([0, *ends], [*ends, len(numbers)], strict=True):
        if end > start:
            yield range(numbers[start], numbers[end - 1] + 1)


def _of_index(predictions: Predictions, stored: StoredIndex | None) -> Iterator[str]:
    if stored is not None:
        try:
            predictions.refuse_other_index(stored.directory, stored.description)
        except UserError as error:
            yield str(error)


def _foreign(predictions: Predictions) -> Iterator[str]:
    own = {MANIFEST, CLAIMS, *(predictions.path(number).name for number in range(predictions.manifest.num_ranges))}
    for path in sorted(predictions.directory.iterdir()):
        if path.name not in own:
            yield f"{path}: is no part of these predictions; remove it"


def _check_range(directory: Path, number: int) -> RangeVerdict:
    predictions = open_predictions(directory)
    path = predictions.path(number)
    try:
        table = predictions.read(number)
    except UserError as error:
        return RangeVerdict(problem=str(error))
    rows, problem = first_problem(table, predictions.manifest)
    if problem:
        where = f"{len(rows):,} rows, the first {int(rows[0]):,}"
        return RangeVerdict(problem=f"{path}: {problem} ({where}); {REMEDY}")
    reasons = table["unreadable"].combine_chunks()
    places = np.flatnonzero(reasons.is_valid().to_numpy(zero_copy_only=False))
    named = zip(table["row"].take(places).to_pylist(), reasons.take(places).to_pylist(), strict=True)
    return RangeVerdict(unreadable=dict(named))


def first_problem(table: pa.Table, manifest: Manifest) -> tuple[NDArray[np.int64], str]:
    """Give the first thing that is wrong with the values of a file, and the rows that it is wrong with."""
    rows = table["row"].to_numpy()
    is_labelled = table["unreadable"].is_null().to_numpy()
    present = {name: table[name].is_valid().to_numpy() for name in manifest.schema.names}
    must = [name for name in manifest.schema.names if name not in ("row", "unreadable")]
    for name in must:
        is_wrong = present[name] != is_labelled
        if name == "content_hash":
            is_wrong &= is_labelled  # bytes that are no image have a hash as well
        if is_wrong.any():
            return rows[is_wrong], f"{name} is missing, or there in spite of an image that cannot be read"
    labelled = table.filter(pa.array(is_labelled))
    for is_wrong, problem in impossible(labelled, manifest):
        if is_wrong.any():
            return rows[is_labelled][is_wrong], problem
    return rows[:0], ""


def impossible(labelled: pa.Table, manifest: Manifest) -> Iterator[tuple[Any, str]]:
    """Yield for each thing that can be wrong with a prediction the rows where it is, bool [n]."""
    confidence, entropy = labelled["confidence"].to_numpy(), labelled["entropy"].to_numpy()
    classes, probabilities = (
        matrix(labelled["classes"], manifest.top_k),
        matrix(labelled["probabilities"], manifest.top_k),
    )
    num_classes = len(manifest.class_names)
    highest_entropy = np.log(num_classes) + TOLERANCE
    with np.errstate(invalid="ignore"):
        yield ~(np.isfinite(confidence) & np.isfinite(entropy)), "a confidence or entropy is no number"
        yield ~np.isfinite(probabilities).all(axis=1), "a probability is no number"
        yield ~((confidence > 0) & (confidence <= 1)), "a confidence is not in (0, 1]"
        yield ~((entropy >= -TOLERANCE) & (entropy <= highest_entropy)), "an entropy is impossible for so many classes"
        yield ~((probabilities >= 0) & (probabilities <= 1)).all(axis=1), "a probability is not in [0, 1]"
        sums = probabilities.astype(np.float64).sum(axis=1)
        # float16 rounds each of them by up to 2**-12 where it is largest.
        yield sums > 1 + manifest.top_k * 2**-12, "probabilities add up to more than 1"
        yield (np.diff(probabilities, axis=1) > 0).any(axis=1), "probabilities do not fall from the first to the last"
    yield probabilities[:, 0] != confidence.astype(np.float16), "the first probability is not the confidence"
    yield ((classes < 0) | (classes >= num_classes)).any(axis=1), f"a class is not one of {num_classes:,}"
    yield classes[:, 0] != labelled["class"].to_numpy(), "class is not the first of classes"
    yield (np.diff(np.sort(classes, axis=1), axis=1) == 0).any(axis=1), "a class is there twice"


def matrix(column: pa.ChunkedArray, width: int) -> NDArray[Any]:
    """Give a column of lists without nulls as an array [n, width]."""
    values: NDArray[Any] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, width)

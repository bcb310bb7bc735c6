"""The rows of the selection, piece by piece in the order of the index, copies of an image one after another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rs_core.data.index.build import OnProgress
from rs_core.data.index.select_rows import SelectedRows
from rs_core.errors import UserError
from rs_semisup.predictions.store import REMEDY, Predictions
from rs_semisup.select.config import Labels

PIECE_ROWS = 2**18


def selected_pieces(
    predictions: Predictions, copies: NDArray[np.unsignedinteger], labels: Labels, tell: OnProgress
) -> Iterator[SelectedRows]:
    """Give the rows of a selection with their columns: ``confidence``, ``source_row``, and with soft labels
    ``pseudo_classes`` and ``pseudo_probabilities``.

    Every file is read, with its checksums, even where none of its rows is chosen: a damaged one may be why.

    Args:
        predictions: complete.
        copies: how often each row of the index is in the selection, of shape [rows].
        labels: the kind.
        tell: told how far it is: ranges done, ranges in all, rows so far.

    Raises:
        UserError: a file is torn, or has a probability that cannot be.
    """
    num_rows = 0
    for number in range(predictions.manifest.num_ranges):
        rows = predictions.manifest.rows_of(number)
        of_rows = copies[rows.start : rows.stop]
        chosen = np.flatnonzero(of_rows)
        columns = _columns(predictions, number, chosen, labels)
        ends = np.cumsum(of_rows[chosen], dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        for start in range(0, total, PIECE_ROWS):
            # Places among the chosen; one whose copies fill several pieces is in each of them.
            places = np.searchsorted(ends, np.arange(start, min(start + PIECE_ROWS, total)), side="right")
            taken = {name: values[places] for name, values in columns.items()}
            yield SelectedRows(rows=taken["source_row"], labels=taken.pop("label"), columns=taken)
        num_rows += total
        tell(number + 1, predictions.manifest.num_ranges, num_rows)


def _columns(
    predictions: Predictions, number: int, chosen: NDArray[np.int64], labels: Labels
) -> dict[str, NDArray[Any]]:
    """Give label and columns of the chosen rows of a range, given by their places in it."""
    manifest = predictions.manifest
    names = ["class", "confidence", *(["classes", "probabilities"] if labels == "soft" else [])]
    table = predictions.read(number, names).take(pa.array(chosen))
    columns: dict[str, NDArray[Any]] = {
        "label": table["class"].to_numpy().astype(np.int64),
        "confidence": table["confidence"].to_numpy(),
        "source_row": chosen + manifest.rows_of(number).start,
    }
    if labels == "soft":
        if table["classes"].null_count or table["probabilities"].null_count:
            raise _impossible(predictions.path(number))
        classes, probabilities = _lists(table["classes"]), _lists(table["probabilities"])
        inside = (classes >= 0) & (classes < len(manifest.class_names)) & (probabilities >= 0) & (probabilities <= 1)
        if not inside.all():  # what is no number is not inside
            raise _impossible(predictions.path(number))
        columns["pseudo_classes"] = classes.astype(class_type(len(manifest.class_names)))
        columns["pseudo_probabilities"] = probabilities
    return columns


def _lists(column: pa.ChunkedArray) -> NDArray[Any]:
    values: NDArray[Any] = column.combine_chunks().flatten().to_numpy().reshape(-1, column.type.list_size)
    return values


def _impossible(path: Path) -> UserError:
    return UserError(f"{path}: has a class or probability that cannot be; {REMEDY}")


def class_type(num_classes: int) -> type[np.int16 | np.int32]:
    """Give the type in which the numbers of classes are kept.

    >>> class_type(1000), class_type(40_000)
    (<class 'numpy.int16'>, <class 'numpy.int32'>)
    """
    return np.int16 if num_classes <= 2**15 else np.int32

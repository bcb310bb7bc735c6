"""Lists of samples, CSV or Parquet, read piece by piece in bounded memory."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.labels import Label
from rs_core.errors import UserError

# The columns with a meaning of their own; any other holds numbers that are known of the samples.
FILE_COLUMNS = ("file", "shard")
OWN_COLUMNS = (*FILE_COLUMNS, "offset", "length", "label")

Value = TypeVar("Value")


@dataclass(frozen=True)
class Coded(Generic[Value]):
    """A column of few different values: ``codes``, integers of shape [rows], are places in ``values``; -1 is none."""

    codes: NDArray[np.integer]
    values: Sequence[Value]

    def compact(self) -> "Coded[Value]":
        """Leave out the values that no row has.

        >>> coded = Coded(np.array([2, -1, 2]), ["a", "b", "c"]).compact()
        >>> coded.codes.tolist(), coded.values
        ([0, -1, 0], ['c'])
        """
        used = np.flatnonzero(np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:])
        new_codes = np.full(len(self.values) + 1, -1)
        new_codes[used] = np.arange(len(used))
        return Coded(new_codes[self.codes], [self.values[value] for value in used.tolist()])

    def first_place(self, code: int) -> int:
        """Return the first row, counted from 0, with the value at ``code``."""
        return int(np.argmax(self.codes == code))


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows of a list that follow each other.

    Args:
        row_numbers: of the rows, as a person counts.
        files: names as they stand in the list.
        ranges: offsets and lengths, int64 [rows] each, or ``None`` if samples are whole files.
        labels: as they stand in the list, or ``None`` if it has no such column.
        columns: other numbers, of shape [rows] or [rows, k].
    """

    row_numbers: Sequence[int]
    files: Coded[str]
    ranges: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    labels: Coded[Label] | None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A list of samples that is open.

    Args:
        path: of the list.
        num_rows: how many, 0 if that is not known before the end.
        class_names: of the labels, where the list itself tells them.
        columns: names of those that hold other numbers.
        passed_over: columns that hold no numbers.
        pieces: reads it from the start.
    """

    path: str
    num_rows: int
    class_names: tuple[str, ...] | None
    columns: tuple[str, ...]
    passed_over: tuple[str, ...]
    pieces: Callable[[], Iterator[Piece]]


def open_table(path: str) -> Table:
    """Open a list; ``.parquet`` is Parquet, anything else CSV.

    Raises:
        UserError: it cannot be read, or its columns are not those of a list of samples; as it is read, a bad row.
    """
    if path.lower().endswith(".parquet"):
        from rs_core.data.index.parquet import open_parquet  # noqa: PLC0415  (only Parquet needs pyarrow)

        return open_parquet(path)
    from rs_core.data.index.csv_table import open_csv  # noqa: PLC0415  (it builds on this module)

    return open_csv(path)


def check_columns(path: str, names: Sequence[str]) -> str:
    """Return which column names the files; ``UserError`` unless the columns are those of a list of samples."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserError(f"{path}: two columns are called {repeated[0]!r}; remove or rename one")
    files = [name for name in FILE_COLUMNS if name in names]
    if len(files) != 1:
        raise UserError(
            f"{path}: the columns are {','.join(names)}; give file,label for whole files "
            "or shard,offset,length,label for parts of files"
        )
    if ("offset" in names) != ("length" in names) or (files[0] == "shard" and "offset" not in names):
        raise UserError(
            f"{path}: the columns are {','.join(names)}; a shard needs offset and length, a file both or none of them"
        )
    for name in names:
        if not re.fullmatch(r"\w+", name):
            raise UserError(f"{path}: a column is called {name!r}; use letters, digits and _")
    return files[0]

"""Adding columns to an index that is there, such as weights or pseudo-labels; its rows stay as they are."""

import dataclasses
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.building import building
from rs_core.data.index.column_files import ColumnWriter
from rs_core.data.index.layout import COLUMNS, ColumnFile, Description, column_name
from rs_core.data.index.store import read_description
from rs_core.data.index.tables import OWN_COLUMNS
from rs_core.data.index.writer import PIECE_ROWS, write_description
from rs_core.errors import UserError

Values = NDArray[Any] | Iterable[NDArray[Any]]
"""Numbers of shape [rows] or [rows, k], as one array or in pieces from the first row to the last."""

NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


def add_columns(directory: str | Path, columns: Mapping[str, Values], *, replace: bool = False) -> Description:
    """Add columns to the index in a folder, all of them or none; ``SampleIndex.columns`` has them when it is opened.

    Memory stays bounded by the pieces given. Readers see the index without them until all are on the disk; who has it
    open goes on with what it has.

    Args:
        directory: of the index.
        columns: values by name: integers, floating point of any size, or bool; all pieces of a column alike.
        replace: replace columns that are there under these names.

    Raises:
        UserError: there is no index, a column of the name is there, a name or type cannot be, there are more or fewer
            values than rows, or the disk is full. The index is as it was.
    """
    directory = Path(directory)
    read_description(directory)  # building() would make a folder that is not there
    with building(directory):
        before = read_description(directory)
        _remove_unused(directory, before)
        known = {column_name(path): path for path in before.arrays if column_name(path)}
        for name in columns:
            _check_name(name, directory, known=() if replace else known)
        arrays = {path: entry for path, entry in before.arrays.items() if column_name(path) not in columns}
        try:
            for name, values in columns.items():
                path = _new_path(name, taken=name in known)
                arrays[path] = _write(directory / before.data / path, name, values, before.num_rows)
            after = dataclasses.replace(before, arrays=dict(sorted(arrays.items())))
            write_description(directory, after)
        finally:
            _remove_unused(directory, read_description(directory))
    return after


def _check_name(name: str, directory: Path, known: Iterable[str]) -> None:
    if not NAME.fullmatch(name):
        raise UserError(f"column {name!r}: give a name of letters, digits, _ and -, such as weight")
    if name in OWN_COLUMNS:
        raise UserError(f"column {name!r}: every index has its own under this name; choose another, such as my_{name}")
    if name in known:
        raise UserError(f"{directory}: has a column {name!r} already; choose another name, or replace=True")


def _new_path(name: str, *, taken: bool) -> str:
    # Readers may still open the file of that name, so the new one must be another.
    return f"{COLUMNS}{uuid.uuid4().hex[:12]}/{name}.npy" if taken else f"{COLUMNS}{name}.npy"


def _write(path: Path, name: str, values: Values, num_rows: int) -> ColumnFile:
    writer: ColumnWriter | None = None
    try:
        for piece in _pieces(values):
            if writer is None:
                _check_kind(name, piece)
                writer = ColumnWriter(path, piece.dtype, piece.shape[1] if piece.ndim == 2 else 0)
            _check_alike(name, piece, writer)
            writer.append(piece)
            if writer.num_rows > num_rows:
                break
        num_values = writer.num_rows if writer else 0
        if writer is None or num_values != num_rows:
            more = "or more, " if num_values > num_rows else ""
            raise UserError(
                f"column {name!r}: {num_values:,} values, {more}for the {num_rows:,} rows of the index; give one a row"
            )
        writer.close()
    finally:
        if writer is not None:
            writer.file.close()
    return ColumnFile(dtype=writer.dtype.str, shape=writer.shape, crc32=writer.crc32)


def _pieces(values: Values) -> Iterator[NDArray[Any]]:
    if not isinstance(values, np.ndarray):
        yield from values
        return
    for start in range(0, max(1, len(values)), PIECE_ROWS):
        yield values[start : start + PIECE_ROWS]


def _check_kind(name: str, piece: NDArray[Any]) -> None:
    if piece.dtype.kind not in "biuf" or piece.ndim not in (1, 2) or 0 in piece.shape[1:]:
        shape = list(piece.shape)
        raise UserError(f"column {name!r}: {piece.dtype} of shape {shape}; give numbers of shape [rows] or [rows, k]")


def _check_alike(name: str, piece: NDArray[Any], writer: ColumnWriter) -> None:
    if piece.dtype != writer.dtype or piece.shape[1:] != writer.shape[1:]:
        raise UserError(
            f"column {name!r}: {piece.dtype} of shape {list(piece.shape)} from row {writer.num_rows:,} on, and before "
            f"{writer.dtype} of shape {list(writer.shape)}; give all pieces alike"
        )


def _remove_unused(directory: Path, description: Description) -> None:
    """Remove the files of columns that the description does not name: replaced ones, and those of a killed call."""
    folder = directory / description.data
    for path in (folder / COLUMNS).rglob("*.npy"):
        if path.relative_to(folder).as_posix() not in description.arrays:
            path.unlink()
    for path in (folder / COLUMNS).glob("*/"):
        if not any(path.iterdir()):
            path.rmdir()

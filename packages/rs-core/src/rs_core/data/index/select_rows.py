"""A new index of rows of another one: any of them, in any order, as often as asked. No sample is read or copied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.building import building
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.layout import Description
from rs_core.data.index.store import StoredIndex
from rs_core.data.index.writer import IndexWriter
from rs_core.errors import UserError

PIECE_FILES = 2**16


@dataclass(frozen=True, kw_only=True, eq=False)
class SelectedRows:
    """The next rows of a new index.

    Args:
        rows: of the old one, int64 [n].
        labels: class indices in the new one, or ``NO_LABEL``, int64 [n].
        columns: optional columns by name, [n] or [n, k], the same in every piece.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def select_rows(
    source: StoredIndex, out: Path, pieces: Iterable[SelectedRows], *, class_names: tuple[str, ...]
) -> Description:
    """Write an index of chosen rows into the folder ``out``; memory stays bounded by the pieces.

    It speaks of the same files in the state in which ``source`` found them, so it is as little valid as that one where
    they have changed. Optional columns of ``source`` are left out: give those that are to stay.

    Raises:
        UserError: a row or label that is out of range, no row at all, or ``out`` cannot be written; what was there
            before is still there then.
    """
    with building(out):
        try:
            return _write(source, out, pieces, class_names)
        except OSError as error:
            reason = f"{error.strerror}; make room or choose another folder"
            raise UserError(f"cannot write {error.filename or out}: {reason}") from error


def _write(source: StoredIndex, out: Path, pieces: Iterable[SelectedRows], class_names: tuple[str, ...]) -> Description:
    labels = LabelCollector(class_names)
    labels.ids(range(len(class_names)), str)  # so that the number of a label is its class index
    writer = IndexWriter(out, "list", source.files.root, labels)
    _add_files(writer, source)
    where = source.source
    for piece in pieces:
        rows = piece.rows
        _refuse_outside("row", rows, 0, len(source.index), source)
        _refuse_outside("label", piece.labels, -1, len(class_names), source)
        writer.add_rows(where.file[rows], where.offset[rows], where.length[rows], piece.labels, piece.columns)
    if not writer.num_rows:
        raise UserError(f"{out}: no row of {source.directory} was chosen, and an index needs one")
    return writer.finish()


def _add_files(writer: IndexWriter, source: StoredIndex) -> None:
    files = source.files
    for start in range(0, len(files), PIECE_FILES):
        piece = range(start, min(start + PIECE_FILES, len(files)))
        names = [files.names[file] for file in piece]
        writer.add_files(names, [files.state(file) for file in piece], files.crc32s[piece.start : piece.stop].tolist())


def _refuse_outside(what: str, values: NDArray[np.int64], first: int, stop: int, source: StoredIndex) -> None:
    outside = values[(values < first) | (values >= stop)]
    if len(outside):
        raise UserError(f"{what} {int(outside[0])} is out of range; give {first} to {stop - 1} for {source.directory}")

"""The sample index: every data set is a table, one row a sample.

A row says where the bytes of a sample are, what to call it in a message, and its label. Text and
bytes are packed in flat numpy arrays, so a million rows cost megabytes and forked workers share them
without copying pages.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError


@dataclass(frozen=True, eq=False)
class ByteColumn:
    """A column of byte strings of any length: one flat array and the end of each string in it.

    >>> ByteColumn.pack([b"cat", b"", b"horse"])[2]
    b'horse'
    """

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def pack(cls, values: Iterable[bytes]) -> Self:
        """Return the column that holds ``values`` in their order."""
        data = bytearray()
        ends = []
        for value in values:
            data += value
            ends.append(len(data))
        return cls(np.frombuffer(bytes(data), np.uint8), np.array(ends, np.int64))

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> bytes:
        start = self.ends[row - 1] if row else 0
        return self.data[start : self.ends[row]].tobytes()


class Source(Protocol):
    """Where the bytes of the samples are."""

    def read(self, row: int) -> bytes:
        """Return the encoded image of ``row``."""

    def name(self, row: int) -> str:
        """Return what to call ``row`` in a message."""


@dataclass(frozen=True, eq=False)
class Files:
    """Samples that are files; ``paths`` are relative to ``root``, in the file system's encoding."""

    root: Path
    paths: ByteColumn

    def read(self, row: int) -> bytes:
        """Return the content of the file; ``UserError`` if it cannot be read."""
        try:
            return Path(self.name(row)).read_bytes()
        except OSError as error:
            raise UserError(
                f"{self.name(row)}: cannot be read ({error.strerror}); "
                "put the file back, or start again so that the folder is listed anew"
            ) from error

    def name(self, row: int) -> str:
        """Return the path of the file."""
        return os.path.join(self.root, os.fsdecode(self.paths[row]))  # noqa: PTH118  (ten times Path's speed)


@dataclass(frozen=True, eq=False)
class Blobs:
    """Samples held in memory as encoded images, with a name each (UTF-8)."""

    images: ByteColumn
    names: ByteColumn

    def read(self, row: int) -> bytes:
        """Return the encoded image."""
        return self.images[row]

    def name(self, row: int) -> str:
        """Return the name given with the image."""
        return self.names[row].decode()


@dataclass(frozen=True, eq=False)
class SampleIndex:
    """A labelled data set.

    ``labels`` is int64 of shape [rows], each in ``0 .. len(class_names) - 1``. Rows are numbered from 0.
    """

    source: Source
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, row: int) -> bytes:
        """Return the encoded image of ``row``; ``UserError`` naming it if it cannot be read."""
        return self.source.read(row)

    def read_rows(self, rows: NDArray[np.int64]) -> list[bytes | UserError]:
        """Return the encoded image of each row, in the order of ``rows``, or why it cannot be read."""
        return [self._read_or_error(row) for row in rows.tolist()]

    def _read_or_error(self, row: int) -> bytes | UserError:
        try:
            return self.source.read(row)
        except UserError as error:
            return error

    def name(self, row: int) -> str:
        """Return what to call ``row`` in a message: its file, or for example ``digit 12``."""
        return self.source.name(row)

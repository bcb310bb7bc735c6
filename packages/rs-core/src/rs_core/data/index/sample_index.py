"""The sample index: every data set is a table, one row a sample.

A row says where the bytes of a sample are, what to call it in a message, its label, and what else is known of it. The
columns are flat numpy arrays, in memory or mapped from the files of an index, so forked workers share them without
copying pages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError

NO_LABEL = -1


class Source(Protocol):
    """Where the bytes of the samples are. A class that inherits from it reads rows one by one, or in a better way."""

    def read(self, row: int) -> bytes:
        """Return the encoded image of ``row``; ``UserError`` naming it if it cannot be read."""

    def name(self, row: int) -> str:
        """Return what to call ``row`` in a message."""

    def read_rows(self, rows: NDArray[np.int64]) -> list[bytes | UserError]:
        """Return the encoded image of each row, in the order of ``rows``, or why it cannot be read."""
        return [self._read_or_error(row) for row in rows.tolist()]

    def _read_or_error(self, row: int) -> bytes | UserError:
        try:
            return self.read(row)
        except UserError as error:
            return error


@dataclass(frozen=True, eq=False)
class SampleIndex:
    """A labelled data set. Rows are numbered from 0.

    ``labels`` is int64 of shape [rows], each in ``0 .. len(class_names) - 1``, or ``NO_LABEL`` (-1). ``columns`` holds
    whatever else is known of the rows by name: numbers of shape [rows] or [rows, k], such as ``weight``.
    """

    source: Source
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    # Not for __init__: ``dataclasses.replace`` leaves it out, and the result is no longer what is on disk.
    reopen: "Callable[[], SampleIndex] | None" = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __reduce__(self) -> Any:
        # A worker that is started anew, not forked, maps the columns again: pickling them would copy gigabytes.
        return (self.reopen, ()) if self.reopen else super().__reduce__()

    def read(self, row: int) -> bytes:
        """Return the encoded image of ``row``; ``UserError`` naming it if it cannot be read."""
        return self.source.read(row)

    def read_rows(self, rows: NDArray[np.int64]) -> list[bytes | UserError]:
        """Return the encoded image of each row, in the order of ``rows``, or why it cannot be read.

        Cheaper than one ``read`` each: rows whose bytes lie close together in a file come in one read.
        """
        return self.source.read_rows(rows)

    def name(self, row: int) -> str:
        """Return what to call ``row`` in a message, such as its file, ``digit 12`` or ``a.tar: cat/1.jpg``.

        Looking it up may read from the sample's file, so ask when there is something to say.
        """
        return self.source.name(row)

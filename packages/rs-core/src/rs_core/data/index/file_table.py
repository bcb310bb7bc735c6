"""The table of files: which files the rows of an index lie in, and in which state each was when it was indexed."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.byte_column import ByteColumn
from rs_core.data.index.storage import FileState, join
from rs_core.errors import UserError

NO_CRC = -1


@dataclass(frozen=True, eq=False)
class FileTable:
    """The files of an index, one row each; all numbers are int64 of shape [files].

    ``names`` are relative to ``root``, a folder or an address, in the file system's encoding. ``num_rows`` counts the
    samples in each file, ``crc32s`` is the CRC-32 of its content or ``NO_CRC``; remote files have -1 in ``mtimes_ns``
    and a tag in ``etags``.
    """

    root: str
    names: ByteColumn
    sizes: NDArray[np.int64]
    mtimes_ns: NDArray[np.int64]
    etags: ByteColumn
    num_rows: NDArray[np.int64]
    crc32s: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def path(self, file: int) -> str:
        """Return the path or address of a file."""
        return join(self.root, os.fsdecode(self.names[file]))

    def state(self, file: int) -> FileState:
        """Return the state in which a file was indexed."""
        return FileState(size=int(self.sizes[file]), mtime_ns=int(self.mtimes_ns[file]), etag=self.etags[file].decode())

    def check_unchanged(self, file: int, now: FileState) -> None:
        """Raise a ``UserError`` that names the file unless its state is the one in which it was indexed."""
        then = self.state(file)
        if now != then:
            raise UserError(
                f"{self.path(file)}: changed since it was indexed (then {then}; now {now}); "
                "index again, or put the old file back"
            )

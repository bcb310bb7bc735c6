"""Columns as ``.npy`` files: written piece by piece, read by memory map. Any NumPy reads them."""

import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from rs_core.errors import UserError

# Room for the header of any column; it can only be written when the number of rows is known.
HEADER_BYTES = 128


class ColumnWriter:
    """Writes a column of unknown length; memory stays bounded by the pieces given to it.

    Args:
        path: of the file; its folder is made.
        dtype: of the values.
        width: values in a row, 0 for a column of shape [rows].
    """

    def __init__(self, path: Path, dtype: DTypeLike, width: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.dtype = np.dtype(dtype)
        self.width = width
        self.num_rows = 0
        self.crc32 = 0
        self.file = path.open("wb")
        self.file.write(bytes(HEADER_BYTES))

    def append(self, values: NDArray[Any]) -> None:
        """Add rows, of shape [rows] or [rows, width]; they are converted to the column's type."""
        data = np.ascontiguousarray(values, self.dtype)
        self.crc32 = zlib.crc32(data.data, self.crc32)
        self.num_rows += len(data)
        try:
            self.file.write(data.data)
        except OSError as error:
            reason = f"{error.strerror}; make room or choose another folder"
            raise UserError(f"cannot write {self.file.name}: {reason}") from error

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what has been written."""
        return (self.num_rows, self.width) if self.width else (self.num_rows,)

    def close(self) -> None:
        """Write the header; the file is whole from here on."""
        if self.file.closed:
            return
        header = BytesIO()
        npy.write_array_header_1_0(
            header, {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": self.shape}
        )
        # Magic, version and length take ten bytes; then a dictionary, spaces and a line feed.
        text = header.getvalue()[10:].rstrip()
        self.file.seek(0)
        self.file.write(npy.magic(1, 0) + (HEADER_BYTES - 10).to_bytes(2, "little"))
        self.file.write(text.ljust(HEADER_BYTES - 11) + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


def map_column(path: Path) -> NDArray[Any]:
    """Map a column into memory, read-only; nothing is read until it is used.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no column, or cut off.
    """
    # A plain view: the subclass memmap makes every look-up of a row several times slower.
    column: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return column

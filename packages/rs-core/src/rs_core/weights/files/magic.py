"""Which format a file has, told from its bytes and not from its name."""

import os
from enum import Enum
from pathlib import Path

TABLE_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")  # at the end
ZIP_MAGIC = b"PK\x03\x04"
PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # by protocol
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


class Format(Enum):
    """The formats that hold named tensors."""

    TF_TABLE = "index of a TensorFlow checkpoint"
    SAFETENSORS = "safetensors"
    TORCH = "PyTorch"
    HDF5 = "Keras HDF5"


def format_of(path: Path) -> Format | None:
    """Tell the format of a file, ``None`` where it is none of them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(max(size - 8, 0), os.SEEK_SET)
        tail = file.read(8)
    if tail == TABLE_MAGIC:
        return Format.TF_TABLE
    if head.startswith(HDF5_MAGIC):
        return Format.HDF5
    # PyTorch before 1.6 wrote bare pickles.
    if head.startswith((ZIP_MAGIC, *PICKLES)):
        return Format.TORCH
    # The length of a JSON object, eight bytes, then the object.
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size:
        return Format.SAFETENSORS
    return None

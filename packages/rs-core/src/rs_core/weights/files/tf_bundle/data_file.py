"""A file with the bytes of tensors, as a memory map."""

import mmap
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from rs_core.errors import UserError
from rs_core.weights.files.tf_bundle.checksum import masked_crc32c
from rs_core.weights.files.tf_bundle.index import Entry

# TensorFlow's numbers (tensorflow/core/framework/types.proto).
DTYPES = {
    1: torch.float32,
    2: torch.float64,
    3: torch.int32,
    4: torch.uint8,
    5: torch.int16,
    6: torch.int8,
    9: torch.int64,
    10: torch.bool,
    14: torch.bfloat16,
    19: torch.float16,
}
CHUNK_BYTES = 2**20
HAS_ADVICE = hasattr(mmap.mmap, "madvise")  # on Linux and macOS


class DataFile:
    """One data file of a checkpoint. Only the stretches that are asked for are read from the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.octets = map_file(path)
        # A wanted tensor lies between its average and its momentum; reading ahead would read those as well.
        if HAS_ADVICE:
            self.octets.madvise(mmap.MADV_RANDOM)

    def read(self, entry: Entry) -> Tensor:
        """Verify the bytes of one tensor, which must be within the file, and copy them out of the map.

        Raises:
            UserError: the bytes have changed.
        """
        dtype = DTYPES[entry.dtype]
        if masked_crc32c(self.chunks(entry.offset, entry.num_bytes)) != entry.checksum:
            raise UserError(
                f"{self.path}: damaged, the checksum of tensor {entry.name!r} does not match; copy the file again"
            )
        if not entry.num_bytes:
            return torch.empty(entry.shape, dtype=dtype)
        octets = torch.frombuffer(self.octets, dtype=torch.uint8, count=entry.num_bytes, offset=entry.offset)
        return octets.clone().view(dtype).reshape(entry.shape)

    def chunks(self, offset: int, num_bytes: int) -> Iterator[bytes]:
        """Give a stretch of the file in pieces that stay in the processor's cache."""
        end = offset + num_bytes
        if HAS_ADVICE and num_bytes:
            page = offset - offset % mmap.PAGESIZE
            self.octets.madvise(mmap.MADV_WILLNEED, page, end - page)
        for start in range(offset, end, CHUNK_BYTES):
            yield self.octets[start : min(start + CHUNK_BYTES, end)]


def map_file(path: Path) -> mmap.mmap:
    """Map a file. PyTorch takes only writable buffers; what is written to this one stays in memory."""
    if not path.stat().st_size:
        return mmap.mmap(-1, 1)  # an empty file cannot be mapped; one zero byte is no index either
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

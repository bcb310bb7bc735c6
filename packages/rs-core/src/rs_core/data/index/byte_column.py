"""A column of byte strings: names of any length in two flat arrays, which a file can hold as they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


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

"""Samples that are parts of files: in tar shards, or files as a whole."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.file_table import FileTable
from rs_core.data.index.range_readers import RangeReader, range_reader
from rs_core.data.index.runs import Run, join_runs
from rs_core.data.index.sample_index import Source
from rs_core.data.index.tar_name import bytes_before, member_name
from rs_core.errors import UserError


@dataclass(frozen=True, eq=False)
class ByteRanges(Source):
    """Samples that are ``length`` bytes from ``offset`` of a file, each column of shape [rows].

    ``file`` (int32) is a place in the table ``files``; ``offset`` and ``length`` are int64. A file that is no longer in
    the state in which it was indexed is refused when a process opens it for the first time.
    """

    files: FileTable
    file: NDArray[np.int32]
    offset: NDArray[np.int64]
    length: NDArray[np.int64]

    @cached_property
    def reader(self) -> RangeReader:
        """What reads the files."""
        return range_reader(self.files)

    def read(self, row: int) -> bytes:
        """Return the encoded image of ``row``; ``UserError`` naming it if it cannot be read."""
        (result,) = self.read_rows(np.array([row]))
        if isinstance(result, UserError):
            raise result
        return result

    def read_rows(self, rows: NDArray[np.int64]) -> list[bytes | UserError]:
        """Return the encoded image of each row, in the order of ``rows``, or why it cannot be read.

        The reason is an ``UnreadableSample`` where a file that is a sample by itself is gone, or where storage fails; a
        shard that is gone or changed is more than that, and another ``UserError``.
        Rows of one file come in one read where at most ``reader.gap`` bytes lie between them.
        """
        starts = self.offset[rows]
        stops = starts + self.length[rows]
        runs = join_runs(self.file[rows], starts, stops, gap=self.reader.gap, longest=self.reader.longest)
        results: list[bytes | UserError] = [b""] * len(rows)
        for run, data in zip(runs, self.reader.read(runs), strict=True):
            for place in run.places:
                part = slice(int(starts[place]) - run.start, int(stops[place]) - run.start)
                results[place] = data if isinstance(data, UserError) else data[part]
        return results

    def name(self, row: int) -> str:
        """Return the file of ``row``, and in a tar the member, such as ``train-0003.tar: n01440764_10026.jpeg``."""
        file, offset, length = int(self.file[row]), int(self.offset[row]), int(self.length[row])
        path = self.files.path(file)
        if offset == 0 and length == self.files.sizes[file]:
            return path
        member = self._member(file, offset) if path.endswith(".tar") else ""
        return f"{path}: {member or f'bytes {offset:,} to {offset + length:,}'}"

    def _member(self, file: int, offset: int) -> str:
        start, stop = bytes_before(offset)
        (head,) = self.reader.read([Run(file, start, stop, [])])
        # What is wrong with the file is said by whoever reads the sample; this only has to name it.
        return "" if isinstance(head, UserError) else member_name(head)

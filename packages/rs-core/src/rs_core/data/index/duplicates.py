"""Finding samples of the same key in different tar shards, in bounded memory at any number of rows.

Keys are read from the shards' headers, of which an index has no copy, and kept on the disk as hashes of 8 bytes. These
are then compared part by part: all with the same first bits at a time.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.data.index.tar_scan import split_name
from rs_core.errors import UserError

HASH_BYTES = 8

# Hashes compared at a time, and read at a time.
PART_ROWS = 2**22
PIECE_ROWS = 2**20

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Samples whose key an earlier sample has.

    Args:
        num: how many there are.
        first: name of the first of them, empty if there is none.
        same_as: name of the earlier sample with its key.
    """

    num: int = 0
    first: str = ""
    same_as: str = ""


def find_duplicates(stored: StoredIndex, num_workers: int = 1, on_progress: OnProgress = no_progress) -> Duplicates:
    """Compare the keys of all samples in tar shards, by the WebDataset convention; see ``tar_scan.split_name``.

    Of 130 million different keys, two have the same hash once in 2,000 times; the two that are named are compared.

    Raises:
        UserError: a shard is gone, changed or damaged, or there is no room for 8 bytes a row in the temporary folder.
    """
    num_rows = len(stored.index)
    with tempfile.TemporaryFile() as file:
        try:
            _write_hashes(stored, file, num_workers, on_progress)
        except OSError as error:
            raise UserError(
                f"{tempfile.gettempdir()}: cannot hold {HASH_BYTES * num_rows:,} bytes ({error.strerror}); set TMPDIR"
            ) from error
        later, earlier = _repeated(file, num_rows)
    for row, same in zip(later.tolist(), earlier.tolist(), strict=True):
        if _key(stored, row) == _key(stored, same):
            return Duplicates(num=len(later), first=stored.index.name(row), same_as=stored.index.name(same))
    return Duplicates()


def _write_hashes(stored: StoredIndex, file: BinaryIO, num_workers: int, on_progress: OnProgress) -> None:
    num_files = len(stored.files)
    where = (stored.directory, stored.files.root, stored.description.data)
    num_done = 0
    starts = np.cumsum(stored.files.num_rows) - stored.files.num_rows
    spans = [(int(start), int(start + num)) for start, num in zip(starts, stored.files.num_rows, strict=True)]
    for number, hashes in enumerate(map_in_order(_hashes, where, spans, min(num_workers, num_files)), start=1):
        file.write(hashes.tobytes())
        num_done += len(hashes)
        on_progress(number, num_files, num_done)
    file.flush()


@lru_cache(maxsize=1)
def _opened(directory: Path, root: str, _data: str) -> StoredIndex:
    # Once a worker process, and once more for an index that was built anew.
    return open_stored(directory, root=root)


def _hashes(where: tuple[Path, str, str], span: tuple[int, int]) -> Hashes:
    """Return the hash of the key of each row from the first to before the last."""
    stored = _opened(*where)
    digests = b"".join(_hash(_key(stored, row)) for row in range(*span))
    return np.frombuffer(digests, np.uint64)


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(errors="surrogateescape"), digest_size=HASH_BYTES).digest()


def _key(stored: StoredIndex, row: int) -> str:
    """Return the key of a row within its shard; of a sample that is a whole file, the path."""
    name = stored.index.name(row)
    path, separator, member = name.partition(".tar: ")
    if not separator:
        return name
    if member.startswith("bytes "):
        raise UserError(f"{path}.tar: {member} have no name in front of them; index the shard again")
    return split_name(member).key


def _repeated(file: BinaryIO, num_rows: int) -> tuple[Rows, Rows]:
    """Return the rows whose hash an earlier row has, in order, and the first row with the hash of each."""
    num_bits = max(0, -(-num_rows // PART_ROWS) - 1).bit_length()
    parts = [_repeated_in_part(file, part, num_bits) for part in range(2**num_bits)]
    later, earlier = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    order = np.argsort(later)
    return later[order], earlier[order]


def _repeated_in_part(file: BinaryIO, part: int, num_bits: int) -> tuple[Rows, Rows]:
    pieces = list(_with_first_bits(file, part, num_bits))
    hashes, rows = (np.concatenate(values) for values in zip(*pieces, strict=True))
    order = np.argsort(hashes, kind="stable")
    hashes, rows = hashes[order], rows[order]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = hashes[1:] != hashes[:-1]
    first_of = rows[is_first][np.cumsum(is_first) - 1]
    return rows[~is_first], first_of[~is_first]


def _with_first_bits(file: BinaryIO, part: int, num_bits: int) -> Iterator[tuple[Hashes, Rows]]:
    file.seek(0)
    start = 0
    while data := file.read(PIECE_ROWS * HASH_BYTES):
        hashes = np.frombuffer(data, np.uint64)
        rows = np.arange(start, start + len(hashes))
        start += len(hashes)
        if num_bits:
            chosen = hashes >> np.uint64(64 - num_bits) == part
            hashes, rows = hashes[chosen], rows[chosen]
        yield hashes, rows

"""Checking that an index and the files it speaks of are as they were when it was built."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.file_table import NO_CRC, FileTable
from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.storage import file_state, open_stream, unreadable
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.errors import UserError

PIECE_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What checking an index has shown.

    Args:
        problems: what is wrong, a line each.
        num_read: files that were read from front to back and compared by their CRC-32.
        num_looked_at: files of which only size and time were compared, because the index has no checksum of them.
        num_bytes: how much was read.
    """

    problems: list[str]
    num_read: int
    num_looked_at: int
    num_bytes: int


def verify_index(stored: StoredIndex, num_workers: int = 1, on_progress: OnProgress = no_progress) -> Verdict:
    """Check the columns of an index by their CRC-32, then every file: by its CRC-32, or its state if there is none."""
    problems = list(_damaged_columns(stored))
    num_files = len(stored.files)
    num_read = num_bytes = num_rows = 0
    if not problems:
        where = (stored.directory, stored.files.root)
        workers = min(num_workers, num_files)
        for file, problem in enumerate(map_in_order(_check_file, where, range(num_files), workers)):
            problems += [problem] if problem else []
            num_read += int(stored.files.crc32s[file] != NO_CRC)
            num_bytes += int(stored.files.sizes[file]) if stored.files.crc32s[file] != NO_CRC else 0
            num_rows += int(stored.files.num_rows[file])
            on_progress(file + 1, num_files, num_rows)
    return Verdict(problems=problems, num_read=num_read, num_looked_at=num_files - num_read, num_bytes=num_bytes)


def crc32_of(path: str) -> int:
    """Return the CRC-32 of a file's content, local or remote; ``UserError`` naming it if it cannot be read."""
    crc32 = 0
    with open_stream(path) as stream:
        try:
            while data := stream.read(PIECE_BYTES):
                crc32 = zlib.crc32(data, crc32)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
    return crc32


def _damaged_columns(stored: StoredIndex) -> Iterator[str]:
    for name, entry in stored.description.arrays.items():
        if zlib.crc32(stored.arrays[name].data) != entry.crc32:
            yield f"{stored.directory}: damaged ({name} is not as it was written); index again with --rescan"


@lru_cache(maxsize=1)
def _files(directory: Path, root: str) -> FileTable:
    # Once a worker process.
    return open_stored(directory, root=root).files


def _check_file(where: tuple[Path, str], file: int) -> str:
    """Say what is wrong with a file of the index at a folder, with a root; "" if nothing is."""
    files = _files(*where)
    path = files.path(file)
    try:
        state = file_state(path)
        if files.crc32s[file] == NO_CRC:
            files.check_unchanged(file, state)
        elif state.size != files.sizes[file]:
            return f"{path}: has {state.size:,} bytes, indexed with {files.sizes[file]:,}; index again"
        elif crc32_of(path) != files.crc32s[file]:
            return f"{path}: its content is not what was indexed; copy it again, or index again"
        elif state != files.state(file):
            return f"{path}: the same content, but another time ({state}); index again so that training takes it"
    except UserError as error:
        return str(error)
    return ""

"""Parts of files, local and remote. A file is compared with the index when it is opened for the first time."""

import os
import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Protocol

from rs_core.data.index.file_table import FileTable
from rs_core.data.index.runs import Run
from rs_core.data.index.storage import file_state, is_remote, local_state, reason_of, remote_filesystem, unreadable
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError

# Each process keeps so many files open; a limit of 1,024 for all it does is common.
MAX_OPEN_FILES = 256
MAX_CHECKED_FILES = 100_000
# Seconds before each further attempt at a remote range: over millions of reads, some fail for no lasting reason.
WAITS = (1.0, 4.0)


class RangeReader(Protocol):
    """Reads runs of bytes; ``gap`` and ``longest`` say what is worth joining into one."""

    gap: int
    longest: int

    def read(self, runs: Sequence[Run]) -> list[bytes | UserError]:
        """Return the bytes of each run, or why they cannot be read."""


def range_reader(files: FileTable) -> RangeReader:
    """Give the reader for the files of a table."""
    remote = is_remote(files.root) or (len(files) > 0 and is_remote(files.path(0)))
    return RemoteReader(files) if remote else LocalReader(files)


class _Descriptor:
    """An open file, closed when nobody uses it any more."""

    def __init__(self, path: str) -> None:
        self.number = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def __del__(self) -> None:
        # Missing where opening failed.
        if hasattr(self, "number"):
            os.close(self.number)


class LocalReader:
    """Local files, by ``pread``: it has no position, so threads and forked processes share descriptors safely."""

    # An SSD reads 64 KiB in the time of one more request; between neighbours in a tar lie about 2 KB.
    gap = 64 * 2**10
    longest = 16 * 2**20

    def __init__(self, files: FileTable) -> None:
        self.files = files

    def read(self, runs: Sequence[Run]) -> list[bytes | UserError]:
        """Return the bytes of each run, or why they cannot be read."""
        return [self._read(run) for run in runs]

    def _read(self, run: Run) -> bytes | UserError:
        try:
            data = _pread(self._opened(run.file), run)
        except UserError as error:
            return error
        except OSError as error:
            return self._failure(run, error)
        if len(data) < run.stop - run.start:
            path = self.files.path(run.file)
            return UserError(f"{path}: ends before byte {run.stop:,}, where a sample should end; copy it again")
        return data

    def _failure(self, run: Run, error: OSError) -> UserError:
        path = self.files.path(run.file)
        is_sample = run.start == 0 and run.stop == self.files.sizes[run.file]
        if isinstance(error, FileNotFoundError) and not is_sample:
            # Thousands of samples are gone, which is no accident to pass over.
            return unreadable(path, error)
        return unreadable_range(path, run, error)

    @cached_property
    def _opened(self) -> Callable[[int], _Descriptor]:
        # The cache is bounded and safe among threads; a descriptor that it drops closes after its last read.
        return lru_cache(MAX_OPEN_FILES)(self._open)

    def _open(self, file: int) -> _Descriptor:
        descriptor = _Descriptor(self.files.path(file))
        self.files.check_unchanged(file, local_state(os.fstat(descriptor.number)))
        return descriptor


def _pread(file: _Descriptor, run: Run) -> bytes:
    """Return the bytes of a run, fewer if the file ends before; while this runs, nobody closes the file."""
    data = os.pread(file.number, run.stop - run.start, run.start)
    # One call returns 2 GB at most, and a network drive may return less than was asked for.
    while len(data) < run.stop - run.start:
        more = os.pread(file.number, run.stop - run.start - len(data), run.start + len(data))
        if not more:
            break
        data += more
    return data


class RemoteReader:
    """Remote files, by ranged requests that fsspec sends at the same time where it can."""

    # A request takes about as long as a megabyte.
    gap = 2**20
    longest = 32 * 2**20

    def __init__(self, files: FileTable) -> None:
        self.files = files

    def read(self, runs: Sequence[Run]) -> list[bytes | UserError]:
        """Return the bytes of each run, or why they cannot be read after three attempts."""
        results: list[bytes | UserError] = [self._attempt_check(run.file) or b"" for run in runs]
        open_places = [place for place, result in enumerate(results) if not isinstance(result, UserError)]
        for wait in (*WAITS, None):
            for place, result in zip(open_places, self._request([runs[i] for i in open_places]), strict=True):
                results[place] = result
            open_places = [place for place in open_places if isinstance(results[place], UserError)]
            if not open_places or wait is None:
                break
            time.sleep(wait)
        return results

    def _request(self, runs: Sequence[Run]) -> list[bytes | UserError]:
        if not runs:
            return []
        paths = [self.files.path(run.file) for run in runs]
        try:
            starts, stops = [run.start for run in runs], [run.stop for run in runs]
            found = remote_filesystem(paths[0]).cat_ranges(paths, starts, stops, on_error="return")
        except Exception as error:  # noqa: BLE001  (each of fsspec's file systems has errors of its own)
            found = [error] * len(runs)
        return [_whole(path, run, data) for path, run, data in zip(paths, runs, found, strict=True)]

    def _attempt_check(self, file: int) -> UserError | None:
        try:
            self._checked(file)
        except UserError as error:
            return error
        return None

    @cached_property
    def _checked(self) -> Callable[[int], None]:
        return lru_cache(MAX_CHECKED_FILES)(self._check)

    def _check(self, file: int) -> None:
        self.files.check_unchanged(file, file_state(self.files.path(file)))


def unreadable_range(path: str, run: Run, error: BaseException) -> UserError:
    """Say that some bytes of a file cannot be read: the samples in them can be left out."""
    advice = "check the storage, or index again without the file"
    return UnreadableSample(path, f"bytes {run.start:,} to {run.stop:,} cannot be read ({reason_of(error)})", advice)


def _whole(path: str, run: Run, data: bytes | BaseException) -> bytes | UserError:
    if isinstance(data, BaseException):
        return unreadable_range(path, run, data)
    if len(data) != run.stop - run.start:
        return UserError(
            f"{path}: bytes {run.start:,} to {run.stop:,} were asked for and {len(data):,} came; "
            "its server must serve ranges"
        )
    return data

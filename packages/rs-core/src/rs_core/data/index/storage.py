"""Files where they are: a local path, or any address that fsspec knows (``s3://``, ``gs://``, ``https://``, …)."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from rs_core.errors import UserError

# What file systems call the property that changes with the content, best first.
ETAGS = (
    *("ETag", "etag", "md5Hash", "Content-MD5", "Digest", "LastModified", "last_modified", "Last-Modified"),
    *("updated", "mtime", "created"),
)
BUFFER_BYTES = 2**20
# Remote servers answer after tens of milliseconds, so many are asked at once.
NUM_QUESTIONS = 32
REMOTE_BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True, kw_only=True)
class FileState:
    """What tells whether a file is still the same, without reading it.

    Args:
        size: bytes.
        mtime_ns: when it was changed last, nanoseconds since 1970; -1 for a remote file.
        etag: a remote file's tag or time; empty where its server tells neither.
    """

    size: int
    mtime_ns: int = -1
    etag: str = ""

    def __str__(self) -> str:
        if self.mtime_ns < 0:
            return f"{self.size:,} bytes{f', tag {self.etag}' if self.etag else ''}"
        seconds, nanoseconds = divmod(self.mtime_ns, 10**9)
        return f"{self.size:,} bytes of {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{nanoseconds:09}"


def is_remote(path: str) -> bool:
    """Say whether a path is an address for fsspec.

    >>> is_remote("s3://bucket/train-0000.tar"), is_remote("/data/train-0000.tar")
    (True, False)
    """
    return "://" in path


def join(root: str, name: str) -> str:
    """Put a name below a root; an empty root leaves it as it is, and so does a name that is whole.

    >>> join("s3://bucket/", "a.tar"), join("", "a.tar"), join("/data", "s3://bucket/a.tar")
    ('s3://bucket/a.tar', 'a.tar', 's3://bucket/a.tar')
    """
    return name if not root or name.startswith("/") or is_remote(name) else f"{root.rstrip('/')}/{name}"


def whole_path(path: str) -> str:
    """Return an address as it is and a local path from the root of the file system on."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100  (it keeps symbolic links)


def folder_of(path: str) -> str:
    """Return the folder or address that a file lies in.

    >>> folder_of("s3://bucket/lists/train.csv"), folder_of("/train.csv")
    ('s3://bucket/lists', '/')
    """
    return path.rpartition("/")[0] or "/"


def file_state(path: str) -> FileState:
    """Ask for the state of a file; ``UserError`` naming it if there is none."""
    if not is_remote(path):
        try:
            return local_state(os.stat(path))  # noqa: PTH116  (called for each of millions of files)
        except OSError as error:
            raise unreadable(path, error) from None
    try:
        info = remote_filesystem(path).info(path)
    except Exception as error:
        raise unreadable(path, error) from error
    if info.get("size") is None:
        raise UserError(f"{path}: its server does not tell its size, so parts of it cannot be read; copy it elsewhere")
    return FileState(size=info["size"], etag=next((str(info[key]) for key in ETAGS if info.get(key)), ""))


def exists(path: str) -> bool:
    """Say whether there is a file, local or remote."""
    if not is_remote(path):
        return Path(path).is_file()
    try:
        return bool(remote_filesystem(path).exists(path))
    except Exception as error:
        raise unreadable(path, error) from error


def local_state(found: os.stat_result) -> FileState:
    """Give the state of a local file from what the system tells of it."""
    return FileState(size=found.st_size, mtime_ns=found.st_mtime_ns)


def open_stream(path: str) -> BinaryIO:
    """Open a file to be read from front to back; ``UserError`` naming it if it cannot be opened."""
    try:
        if not is_remote(path):
            return Path(path).open("rb", buffering=BUFFER_BYTES)
        filesystem = remote_filesystem(path)
        return cast("BinaryIO", filesystem.open(path, "rb", block_size=REMOTE_BLOCK_BYTES, cache_type="readahead"))
    except Exception as error:
        raise unreadable(path, error) from error


def remote_filesystem(path: str) -> Any:
    """Give fsspec's file system of an address, made in this process.

    Raises:
        UserError: the package that serves this kind of address is not installed.
    """
    host = path.partition("://")[2].partition("/")[0]
    return _filesystem(os.getpid(), f"{path.partition('://')[0]}://{host}/")


@lru_cache(maxsize=64)
def _filesystem(process: int, host: str) -> Any:
    # By process: the connections and threads of a file system do not survive a fork.
    import fsspec  # noqa: PLC0415  (it takes a while, and local data need none of it)

    try:
        return fsspec.core.url_to_fs(host)[0]
    except (ImportError, ValueError) as error:
        raise UserError(f"{host}: {error}") from error


def unreadable(path: str, error: BaseException) -> UserError:
    """Say in one line that a file cannot be read, and why."""
    if isinstance(error, UserError):
        return error
    return UserError(f"{path}: cannot be read ({reason_of(error)}); check the path, or index again without it")


def reason_of(error: BaseException) -> str:
    """Say in a few words why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return " ".join(reason.split())

"""A file from an address, from the cache where it is there."""

from pathlib import Path

from rs_core.errors import UserError
from rs_core.weights.download.cache import cached_path, one_process_at_a_time, refuse_offline
from rs_core.weights.download.record import Stated, adopt, check_again, record_path, write_record
from rs_core.weights.download.transfer import download, forget


def fetch(
    url: str,
    cache_dir: Path | None = None,
    *,
    num_bytes: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
) -> Path:
    """Give the local path of a file, after a download the first time.

    What came is kept and resumed if the download breaks off or is killed. When the file enters the cache it is
    checked against what is stated and its SHA-256 is recorded; each later use checks it against that.

    Args:
        url: http(s) address of the file.
        cache_dir: root of the cache, ``None`` for ``cache_folder()``.
        num_bytes: published size.
        sha256: published checksum, hexadecimal, whole or the first digits.
        md5: published checksum, hexadecimal.

    Raises:
        UserError: the file cannot be had, is not the published one, or was damaged in the cache.
    """
    path = cached_path(url, cache_dir)
    stated = Stated(num_bytes=num_bytes, sha256=sha256, md5=md5)
    if not path.is_file():
        refuse_offline(url, path)
        with one_process_at_a_time(path):
            # Another process may have brought it meanwhile.
            if not path.is_file():
                bring(url, path, stated)
                return path
    if record_path(path).exists():
        check_again(path)
    else:
        with one_process_at_a_time(path):
            adopt(path, url, stated)
    return path


def bring(url: str, path: Path, stated: Stated) -> None:
    """Download a file, check and record it, and only then let it appear at ``path``.

    Raises:
        UserError: it cannot be had, or is not the published one; then nothing of it is kept.
    """
    partial, etag = download(url, path, stated.num_bytes)
    difference = stated.difference(partial)
    if difference:
        forget(partial)
        raise UserError(f"{url}: what came is not the published file: {difference}; put the file at {path} by hand")
    write_record(path, url, partial, etag)
    partial.replace(path)
    forget(partial)

"""From the name of published weights to what ``open_tensors`` reads."""

from dataclasses import dataclass
from pathlib import Path

from rs_core.errors import UserError
from rs_core.weights.download.archive import SUFFIX, fetch_archive, unpacked_path
from rs_core.weights.download.cache import cached_path
from rs_core.weights.download.file import fetch
from rs_core.weights.published import PublishedWeights, find_published

INDEX = ".index"


def locate_published(name: str, cache_dir: Path | None = None) -> Path:
    """Give the local path of published weights, after a download the first time.

    It is a file, or for TensorFlow's checkpoints their prefix, such as ``…/model.ckpt``.

    Raises:
        UserError: no published weights of that name, or what the download raises.
    """
    row = find_published(name)
    if row.url.endswith(SUFFIX):
        return checkpoint_in(fetch_archive(row.url, cache_dir, sha256=row.sha256, md5=row.md5))
    if len(row.urls) > 1:
        for url in row.urls:
            fetch(url, cache_dir)
        return cached_path(row.url, cache_dir)
    return fetch(row.url, cache_dir, sha256=row.sha256, md5=row.md5)


def checkpoint_in(folder: Path) -> Path:
    """Give the prefix of the checkpoint in an unpacked archive.

    Raises:
        UserError: it holds none, or several.
    """
    # Archives made on a Mac hold a second, hidden entry for each file.
    indexes = [path for path in sorted(folder.rglob(f"*{INDEX}")) if not path.name.startswith(".")]
    if len(indexes) != 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in indexes) or "none"
        raise UserError(f"{folder} should hold one TensorFlow checkpoint and holds {names}; name the file itself")
    return indexes[0].with_name(indexes[0].name.removesuffix(INDEX))


@dataclass(frozen=True, kw_only=True)
class PublishedState:
    """What of published weights is on this machine.

    Args:
        paths: where each file lies once it is downloaded, and where to put it by hand.
        num_bytes: size of the downloaded files, ``None`` unless all are here.
        cached: whether it can be used without the network.
    """

    paths: tuple[Path, ...]
    num_bytes: int | None
    cached: bool


def published_state(row: PublishedWeights, cache_dir: Path | None = None) -> PublishedState:
    """Look what of published weights is in the cache, without checking it."""
    paths = tuple(cached_path(url, cache_dir) for url in row.urls)
    complete = all(path.is_file() for path in paths)
    unpacked = row.url.endswith(SUFFIX) and unpacked_path(paths[0]).is_dir()
    num_bytes = sum(path.stat().st_size for path in paths) if complete else None
    return PublishedState(paths=paths, num_bytes=num_bytes, cached=complete or unpacked)

"""How a file is known to be the one that was published, and later the one that was downloaded."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What a source states about a file; ``None`` where it states nothing.

    Args:
        num_bytes: size.
        sha256: hexadecimal, whole or the first digits.
        md5: hexadecimal.
    """

    num_bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None

    def difference(self, path: Path) -> str:
        """Say how a file differs from what is stated, or give an empty string.

        >>> Stated(num_bytes=1).difference(Path("/dev/null"))
        '0 bytes instead of 1'
        """
        num_bytes = path.stat().st_size
        if self.num_bytes not in (None, num_bytes):
            return f"{num_bytes} bytes instead of {self.num_bytes}"
        for algorithm, stated in (("sha256", self.sha256), ("md5", self.md5)):
            if stated is not None:
                found = digest(path, algorithm)
                if not found.startswith(stated):
                    return f"{algorithm} {found[: len(stated)]} instead of {stated}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is kept beside a file when it enters the cache, so that damage shows when it is used again."""

    url: str
    num_bytes: int
    sha256: str
    etag: str = ""


def digest(path: Path, algorithm: str) -> str:
    """Give the hexadecimal checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def record_path(path: Path) -> Path:
    """Give the place of a file's record."""
    return path.with_name(f".{path.name}.json")


def write_record(path: Path, url: str, content: Path, etag: str = "") -> None:
    """Record what is to be at ``path``; the bytes are still at ``content``, or there already."""
    record = Record(url=url, num_bytes=content.stat().st_size, sha256=digest(content, "sha256"), etag=etag)
    write_text_atomically(record_path(path), json.dumps(dataclasses.asdict(record), indent=2) + "\n")


def adopt(path: Path, url: str, stated: Stated) -> None:
    """Take over a file that someone put into the cache.

    Raises:
        UserError: it is not what is stated; it is left as it is.
    """
    difference = stated.difference(path)
    if difference:
        raise UserError(f"{path} is not the published file: {difference}; delete it or put {url} there")
    write_record(path, url, path)


def check_again(path: Path) -> None:
    """Compare a file of the cache with its record.

    Raises:
        UserError: one of them was damaged.
    """
    record = read_record(path)
    difference = Stated(num_bytes=record.num_bytes, sha256=record.sha256).difference(path)
    if difference:
        raise UserError(f"{path} was damaged after its download: {difference}; delete it to download it again")


def read_record(path: Path) -> Record:
    """Read what was recorded about a file.

    Raises:
        UserError: the record is damaged.
    """
    try:
        return Record(**json.loads(record_path(path).read_text("utf-8")))
    except (ValueError, TypeError):
        raise UserError(f"{record_path(path)} is damaged; delete it and {path.name} to download it again") from None

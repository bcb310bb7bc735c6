"""One file over HTTP: resumed where it broke off, tried again where that can help."""

import errno
import json
import os
import re
import shutil
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from rs_core._version import __version__
from rs_core.errors import UserError
from rs_core.weights.download.failures import BrokenOffError, explain
from rs_core.weights.download.progress import megabytes, say, shown_progress

TIMEOUT_SECONDS = 30.0

# Between tries that bring nothing new; each byte more begins them anew.
PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)

CHUNK_BYTES = 1 << 20

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)


def download(url: str, path: Path, num_bytes: int | None = None) -> tuple[Path, str]:
    """Bring a file to ``path`` with ``.partial`` added, from where an earlier try broke off.

    Gives that place and the ETag of the file, empty where the server states none.

    Raises:
        UserError: it cannot be had, has another size than ``num_bytes``, or the disk is full.
    """
    partial = path.with_name(f"{path.name}.partial")
    furthest, num_failures = size_of(partial), 0
    while True:
        try:
            return partial, receive(url, partial, num_bytes)
        except (OSError, HTTPException, BrokenOffError) as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise UserError(
                    f"cannot write {partial}: {error.strerror}; make room or set RS_CORE_CACHE to another folder"
                ) from None
            words, may_help = explain(error)
            if size_of(partial) > furthest:
                furthest, num_failures = size_of(partial), 0
            if not may_help or num_failures == len(PAUSES_SECONDS):
                raise UserError(f"{url}: {words}; try again later or put the file at {path} by hand") from None
        pause = PAUSES_SECONDS[num_failures]
        num_failures += 1
        say(f"{path.name}: {words}; trying again in {pause:g} s")
        time.sleep(pause)


def receive(url: str, partial: Path, num_bytes: int | None) -> str:
    """Ask once for what is missing in ``partial`` and append what comes.

    Raises:
        OSError, HTTPException: the network, the server or the disk fails.
        BrokenOffError: fewer bytes came than were announced, or they are of another version.
        UserError: the file has another size than ``num_bytes``, or the disk has no room for it.
    """
    start, tag, total = read_state(partial)
    if start and start == total:
        return tag
    try:
        response: HTTPResponse = urlopen(ask(url, start, tag), timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if start and error.code == 416:
            forget(partial)
            raise BrokenOffError("the file on the server is shorter than before") from None
        raise
    with response:
        if response.status != 206:
            # All of it comes; the bytes so far must be gone before they could pass for those of this version.
            forget(partial)
            start = 0
        elif first_byte(response) != start or version(response) != tag:
            forget(partial)
            raise BrokenOffError("the file on the server has changed")
        total = announced_total(response, start)
        check_size(url, partial, start, total, num_bytes)
        tag = version(response)
        write_state(partial, tag, total)
        append(response, partial, start, total)
    if total is not None and size_of(partial) != total:
        raise BrokenOffError(f"the connection broke off at {megabytes(size_of(partial))} of {megabytes(total)}")
    return tag


def ask(url: str, start: int, tag: str) -> Request:
    """Build the request for the bytes from ``start`` on, or for all of them if the file is not that version."""
    request = Request(url, headers={"User-Agent": f"rs-core/{__version__}", "Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", tag)
    return request


def append(response: HTTPResponse, partial: Path, start: int, total: int | None) -> None:
    """Write what comes behind the first ``start`` bytes, to the disk."""
    name = partial.name.removesuffix(".partial")
    with shown_progress(name, start, total) as advance, partial.open("ab") as file:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())


def version(response: HTTPResponse) -> str:
    """Give what ``If-Range`` takes: a strong ETag, else the date of the last change, else nothing."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")


def first_byte(response: HTTPResponse) -> int | None:
    """Give the position in the file of the first byte that comes."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def announced_total(response: HTTPResponse, start: int) -> int | None:
    """Give the size of the whole file, if the server states it."""
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() else None


def check_size(url: str, partial: Path, start: int, total: int | None, num_bytes: int | None) -> None:
    """Refuse a file of a wrong size, or too large for the disk, before it comes.

    Raises:
        UserError: with both sizes.
    """
    if total is None:
        return
    if num_bytes not in (None, total):
        raise UserError(f"{url}: the server offers {total} bytes, published are {num_bytes}; it is another file now")
    free = shutil.disk_usage(partial.parent).free
    if free < total - start:
        raise UserError(
            f"{url}: {megabytes(total - start)} are to come and {partial.parent} has {megabytes(free)} free; "
            "make room or set RS_CORE_CACHE to another folder"
        )


def size_of(path: Path) -> int:
    """Give the size of a file, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def state_path(partial: Path) -> Path:
    """Give the place of what is known about a file in the making."""
    return partial.with_name(f".{partial.name}.json")


def read_state(partial: Path) -> tuple[int, str, int | None]:
    """Give the number of bytes that can be built upon, the version they are of, and the size of the whole.

    Bytes of no known version, or of one that the server could not name, count as none.
    """
    try:
        state = json.loads(state_path(partial).read_text("utf-8"))
        tag, total = str(state["version"]), state["num_bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, "", None
    return (size_of(partial), tag, total) if tag else (0, "", None)


def write_state(partial: Path, tag: str, total: int | None) -> None:
    """Remember the version whose bytes come next."""
    state_path(partial).write_text(json.dumps({"version": tag, "num_bytes": total}), "utf-8")


def forget(partial: Path) -> None:
    """Delete a file in the making and what is known about it."""
    partial.unlink(missing_ok=True)
    state_path(partial).unlink(missing_ok=True)

"""Where downloads are kept, who may write there, and when the network is left alone."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from filelock import FileLock, Timeout

from rs_core.errors import UserError
from rs_core.weights.download.progress import say

ADDRESS = re.compile(r"https?://([\w.-]+)((?::\d+)?)((?:/[^/?#\s]+)+)")

OFFLINE_VARIABLES = ("RS_CORE_OFFLINE", "HF_HUB_OFFLINE")


def cache_folder() -> Path:
    """Give ``$RS_CORE_CACHE``, else ``rs-core`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. It need not exist."""
    chosen = os.environ.get("RS_CORE_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "rs-core"


def cached_path(url: str, cache_dir: Path | None = None) -> Path:
    """Give the place of a file in the cache: host and path of its address below the folder ``weights``.

    Files of one name at different addresses so never meet, and a file may be put there by hand.

    Raises:
        UserError: not the plain http(s) address of a file.
    """
    address = ADDRESS.fullmatch(url)
    if not address:
        raise UserError(f"{url!r}: give the http(s) address of a file, without query, fragment and spaces")
    host, port, path = address.groups()
    parts = [host + port.replace(":", "_"), *map(unquote, path.split("/")[1:])]  # Windows has no colon in names
    if any(part in (".", "..") or "/" in part or "\\" in part for part in parts):
        raise UserError(f"{url!r}: give an address whose path names folders and a file")
    return (cache_dir or cache_folder()).joinpath("weights", *parts)


def refuse_offline(url: str, path: Path) -> None:
    """Say that a file is missing where the environment asks to leave the network alone.

    Raises:
        UserError: naming the variable and where to put the file.
    """
    variable = offline_variable()
    if variable:
        raise UserError(f"{path} is not in the cache and {variable} is set; unset it or put {url} there by hand")


def offline_variable() -> str:
    """Give the environment variable that asks to leave the network alone, or nothing."""
    asking = ("1", "on", "true", "yes")
    return next((name for name in OFFLINE_VARIABLES if os.environ.get(name, "").lower() in asking), "")


@contextmanager
def one_process_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process brings ``path``. The system frees the lock of a process that is killed.

    Raises:
        UserError: the cache cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting for another process that downloads {path.name}")
            lock.acquire()
    except OSError as error:
        raise UserError(
            f"cannot write in {path.parent}: {error.strerror}; set RS_CORE_CACHE to a folder that can be written"
        ) from None
    try:
        yield
    finally:
        lock.release()

"""The right to build in a folder, and its order afterwards: the newest index and nothing else."""

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.store import read_description
from rs_core.errors import UserError

LOCK = ".lock"
# What folders of columns are called; nothing else in the folder of an index is ever removed.
DATA = re.compile(r"columns-[0-9a-f]{12}")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Make a folder and hold the right to write into it; the system takes it back when the process ends.

    Raises:
        UserError: the folder cannot be written, or another process holds the right.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / LOCK).open("w")
    except OSError as error:
        raise UserError(f"{directory}: cannot be written ({error.strerror}); choose another folder") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{directory}: another process is writing there; wait for it to end") from None
        yield


@contextmanager
def building(directory: Path, own: frozenset[str] = frozenset()) -> Iterator[None]:
    """Hold the right to write into the folder of an index.

    Columns of a build that was killed are removed before, those of the last index after. A folder that still holds no
    index in the end is removed.

    Args:
        directory: of the index.
        own: names of further files that the builder keeps there; they stay, even where there is no index in the end.

    Raises:
        UserError: the folder holds something else, cannot be written, or another process is building there.
    """
    _refuse_other_content(directory, own)
    with locked(directory):
        _remove_left_overs(directory)
        try:
            yield
        finally:
            _remove_left_overs(directory)
            if not (directory / DESCRIPTION).exists():
                (directory / LOCK).unlink()
                if not any(directory.iterdir()):
                    directory.rmdir()


def _refuse_other_content(directory: Path, own: frozenset[str]) -> None:
    if directory.exists() and not directory.is_dir():
        raise UserError(f"{directory}: is a file; give a folder for the index")
    content = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    others = sorted(name for name in content if name not in {LOCK, *own} and not DATA.fullmatch(name))
    if others and DESCRIPTION not in content:
        raise UserError(f"{directory}: is no index, and holds {others[0]}; give another folder for the index")


def _remove_left_overs(directory: Path) -> None:
    current = ""
    if (directory / DESCRIPTION).exists():
        try:
            current = read_description(directory).data
        except UserError:
            # Damaged or of another version: it is about to be replaced, and until then not ours to clear away.
            return
    for path in directory.iterdir():
        if DATA.fullmatch(path.name) and path.name != current:
            shutil.rmtree(path)

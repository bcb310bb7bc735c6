"""Files that are whole or absent: written under a temporary name, flushed, then renamed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from rs_core.errors import UserError


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write(file)`` fill a temporary file beside ``path``, flush it to the disk, then rename it.

    Two processes that write one path do not meet: the last to finish wins.

    Raises:
        UserError: the disk is full or not writable; ``path`` is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        failure = system_error(error)
        if failure is None:
            raise
        raise UserError(f"cannot write {path}: {failure.strerror}; make room or choose another directory") from error


def write_text_atomically(path: Path, text: str) -> None:
    """Write a text file in UTF-8.

    Raises:
        UserError: the disk is full or not writable; ``path`` is as it was.
    """
    write_atomically(path, lambda file: file.write(text.encode()))


def system_error(error: BaseException | None) -> OSError | None:
    """Give the operating system's error behind another one: torch wraps some failed writes in its own."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error

"""Arguments of a command, with complaints of one line."""

import argparse
import re
from pathlib import Path
from typing import NoReturn

from rs_core.errors import UserError, nearest

# Counts and pixels beyond it are slips, and overflow what is computed from them.
LARGEST = 999_999


class CommandParser(argparse.ArgumentParser):
    """An argument parser that raises a UserError with the nearest known option instead of printing its usage."""

    def __init__(self, command: str, description: str = "", *, program: str = "rs-core", add_help: bool = True) -> None:
        prog = f"{program} {command}"
        super().__init__(prog=prog, description=description, add_help=add_help, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise the complaint for the command line to print."""
        unknown = re.search(r"unrecognized arguments: (--[\w.]+)", message)
        hint = nearest(unknown[1], list(self._option_string_actions)) if unknown else ""
        raise UserError(f"{message}{hint}; see {self.prog} --help")


def refuse_existing(out: Path, *, force: bool) -> None:
    """Refuse to write over a file that nobody asked to replace.

    Raises:
        UserError: it exists.
    """
    if out.exists() and not force:
        raise UserError(f"{out}: exists already; choose another name, or replace it with --force")


def at_least_one(text: str) -> int:
    """Read a positive count from the command line."""
    if not re.fullmatch("[0-9]+", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number of at least 1")
    if int(text) > LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r}: give at most {LARGEST}")
    return int(text)

"""Rows of a CSV with a header, as texts by column."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from rs_core.errors import UserError


class CsvRow(NamedTuple):
    """A row: its fields by column, without spaces around them, and where a person finds it."""

    fields: dict[str, str]
    place: str


def header_of(path: Path) -> list[str]:
    """Give the fields of the first line; none if it is empty.

    Raises:
        UserError: the file cannot be read.
    """
    with open_text(path) as stream:
        try:
            return [field.strip() for field in next(csv.reader(stream), [])]
        except (UnicodeDecodeError, csv.Error) as error:
            raise not_text(path, error) from error


def read_rows(path: Path) -> list[CsvRow]:
    """Read the rows below the header; empty lines are left out.

    Raises:
        UserError: the file is no CSV, has no rows, or one with another number of fields than the header.
    """
    with open_text(path) as stream:
        try:
            rows = list(_rows(path, csv.reader(stream, skipinitialspace=True)))
        except (UnicodeDecodeError, csv.Error) as error:
            raise not_text(path, error) from error
    if not rows:
        raise UserError(f"{path}: no rows below the header; add one per video")
    return rows


def _rows(path: Path, records: Iterator[list[str]]) -> Iterator[CsvRow]:
    header = [field.strip() for field in next(records)]
    for number, fields in enumerate(records, start=2):
        if not fields:
            continue
        if len(fields) != len(header):
            raise UserError(
                f"{path}, row {number}: {len(fields)} fields instead of {len(header)}; quote a field with a comma in it"
            )
        yield CsvRow(dict(zip(header, map(str.strip, fields), strict=True)), f"{path}, row {number}")


def open_text(path: Path) -> TextIO:
    """Open a text file in UTF-8, with or without the mark that spreadsheets put in front.

    Raises:
        UserError: it cannot be opened.
    """
    try:
        return path.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def not_text(path: Path, error: Exception) -> UserError:
    """Say that a file is no text that can be read."""
    return UserError(f"{path}: not a CSV in UTF-8 ({error}); save it as one")

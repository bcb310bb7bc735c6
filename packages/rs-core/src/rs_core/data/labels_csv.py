"""A CSV table of labels: the header ``file,label``, then one row per image."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError, nearest

HEADER = ["file", "label"]

# An integer label beyond any real number of classes is a slip, and would make that many classes.
MAX_CLASSES = 1_000_000

_INTEGER = re.compile(r"-?[0-9]{1,18}")


class LabelRow(NamedTuple):
    """One row of the table; ``number`` counts as a spreadsheet does, the header being row 1."""

    number: int
    file: str
    label: str


def read_rows(csv_file: Path) -> list[LabelRow]:
    """Return the rows of the table; ``UserError`` if it is not such a table or names a file twice.

    Fields may be quoted and may follow a space; empty lines are skipped.
    """
    try:
        # utf-8-sig: spreadsheets put a byte order mark in front of the header.
        with csv_file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(_parse(csv_file, lines))
    except OSError as error:
        raise UserError(f"{csv_file}: cannot be read ({error.strerror}); check the path") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{csv_file}: not a CSV table in UTF-8 ({error}); save it as one") from error
    if not rows:
        raise UserError(f"{csv_file}: no rows below the header; add one row per image")
    _check_no_file_twice(csv_file, rows)
    return rows


def _parse(csv_file: Path, lines: Iterable[str]) -> Iterator[LabelRow]:
    records = csv.reader(lines, skipinitialspace=True)
    header = next(records, [])
    if header != HEADER:
        raise UserError(f"{csv_file}, row 1: the header is {','.join(header)!r}; it must be 'file,label'")
    for number, fields in enumerate(records, start=2):
        if not fields:
            continue
        if len(fields) != len(HEADER):
            raise UserError(
                f"{csv_file}, row {number}: {len(fields)} fields instead of 2; "
                "write file,label and quote a field that contains a comma"
            )
        yield LabelRow(number, *fields)


def _check_no_file_twice(csv_file: Path, rows: list[LabelRow]) -> None:
    first_rows: dict[str, int] = {}
    for row in rows:
        first = first_rows.setdefault(row.file, row.number)
        if first != row.number:
            raise UserError(f"{csv_file}, row {row.number}: {row.file!r} is already in row {first}; remove one of them")


def resolve_labels(
    csv_file: Path, rows: list[LabelRow], class_names: tuple[str, ...] | None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the class index of each row, int64 [rows], and the class names.

    The rules are in ``rs_core.data.folder.index_csv``; ``csv_file`` is used in messages only.
    """
    if class_names is None and all(_INTEGER.fullmatch(row.label) for row in rows):
        labels = _labels_in(csv_file, rows, {}, MAX_CLASSES)
        return labels, tuple(str(label) for label in range(int(labels.max()) + 1))
    if class_names is None:
        class_names = tuple(sorted({row.label for row in rows}))
    label_of_name = {name: label for label, name in enumerate(class_names)}
    return _labels_in(csv_file, rows, label_of_name, len(class_names)), class_names


def _labels_in(
    csv_file: Path, rows: list[LabelRow], label_of_name: dict[str, int], num_classes: int
) -> NDArray[np.int64]:
    labels = np.empty(len(rows), np.int64)
    for place, row in enumerate(rows):
        label = label_of_name.get(row.label)
        if label is None and _INTEGER.fullmatch(row.label):
            label = int(row.label)
        if label is None:
            hint = nearest(row.label, list(label_of_name))
            raise UserError(f"{csv_file}, row {row.number}: no class is called {row.label!r}{hint}; correct it")
        if not 0 <= label < num_classes:
            raise UserError(
                f"{csv_file}, row {row.number}: label {label} is out of range; "
                f"give a class index in 0 .. {num_classes - 1}"
            )
        labels[place] = label
    return labels

"""Lists of samples in CSV: a header, then one row a sample."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rs_core.data.index.labels import Label, label_of_text
from rs_core.data.index.storage import open_stream
from rs_core.data.index.tables import OWN_COLUMNS, Coded, Piece, Table, check_columns
from rs_core.errors import UserError

Row = list[str]

# Fields are Python's texts until they are columns: about 300 bytes a row.
PIECE_ROWS = 2**17


def open_csv(path: str) -> Table:
    """Open a CSV list in UTF-8. Fields may be quoted and may follow a space; empty lines are skipped.

    Columns besides those of a list hold numbers; one whose first value is none is passed over.
    """
    records = _records(path)
    _, header = next(records, (1, []))
    file_column = check_columns(path, header)
    first = next(records, None)
    if first is None:
        raise UserError(f"{path}: no rows below the header; add one row per sample")
    others = [name for name in header if name not in OWN_COLUMNS]
    numbers = [name for name in others if _is_number(first[1][header.index(name)])]
    return Table(
        path=path,
        num_rows=0,
        class_names=None,
        columns=tuple(numbers),
        passed_over=tuple(name for name in others if name not in numbers),
        pieces=partial(_pieces, path, header, file_column, numbers),
    )


def _records(path: str) -> Iterator[tuple[int, Row]]:
    """Yield header and rows with their numbers, checked to have as many fields; empty lines are left out."""
    with open_stream(path) as stream:
        # utf-8-sig: spreadsheets put a byte order mark in front of the header.
        lines = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        num_fields = 0
        try:
            for number, fields in enumerate(csv.reader(lines, skipinitialspace=True), start=1):
                num_fields = num_fields or len(fields)
                if not fields:
                    continue
                if len(fields) != num_fields:
                    raise UserError(
                        f"{path}, row {number}: {len(fields)} fields instead of {num_fields}; "
                        "quote a field that contains a comma"
                    )
                yield number, fields
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{path}: not a CSV table in UTF-8 ({error}); save it as one") from error


def _pieces(path: str, header: Row, file_column: str, numbers: list[str]) -> Iterator[Piece]:
    records = _records(path)
    next(records)
    while True:
        row_numbers, columns = _take(records, header)
        if not row_numbers:
            return
        ranges = None
        if "offset" in columns:
            offsets = _numbers(path, row_numbers, columns["offset"], np.int64, "offset")
            ranges = offsets, _numbers(path, row_numbers, columns["length"], np.int64, "length")
        texts = _coded(columns["label"]) if "label" in columns else None
        labels: Coded[Label] | None = Coded(texts.codes, list(map(label_of_text, texts.values))) if texts else None
        yield Piece(
            row_numbers=row_numbers,
            files=_coded(columns[file_column]),
            ranges=ranges,
            labels=labels,
            columns={name: _numbers(path, row_numbers, columns[name], np.float64, name) for name in numbers},
        )


def _take(records: Iterator[tuple[int, Row]], header: Row) -> tuple[list[int], dict[str, list[str]]]:
    """Take the next rows, column by column: as rows, a million lists would keep Python's garbage collector busy."""
    row_numbers: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in header}
    appends = [column.append for column in columns.values()]
    for number, fields in islice(records, PIECE_ROWS):
        row_numbers.append(number)
        for append, text in zip(appends, fields, strict=True):
            append(text)
    return row_numbers, columns


def _coded(texts: Iterable[str]) -> Coded[str]:
    code_of: dict[str, int] = {}
    codes = np.fromiter((code_of.setdefault(text, len(code_of)) for text in texts), np.int32)
    return Coded(codes, list(code_of))


def _numbers(path: str, row_numbers: Sequence[int], texts: list[str], dtype: DTypeLike, name: str) -> NDArray[Any]:
    convert = int if np.issubdtype(dtype, np.integer) else float
    try:
        return np.fromiter(map(convert, texts), dtype, len(texts))
    except (ValueError, OverflowError):
        place = next(place for place, text in enumerate(texts) if not _is_number(text, convert))
        wanted = "whole number" if convert is int else "number"
        where = f"{path}, row {row_numbers[place]}"
        raise UserError(f"{where}: {name} is {texts[place]!r}; give a {wanted}") from None


def _is_number(text: str, convert: type[int] | type[float] = float) -> bool:
    try:
        return -(2**63) <= convert(text) < 2**63 if convert is int else bool(convert(text) + 1)
    except ValueError:
        return False

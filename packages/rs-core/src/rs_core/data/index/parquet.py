"""Lists of samples in Parquet, and an index written as one. The ``data`` extra brings pyarrow."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rs_core.atomic import write_atomically
from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.labels import Label, label_of_text
from rs_core.data.index.sample_index import NO_LABEL
from rs_core.data.index.storage import open_stream
from rs_core.data.index.store import StoredIndex
from rs_core.data.index.tables import OWN_COLUMNS, Coded, Piece, Table, check_columns
from rs_core.errors import UserError

PIECE_ROWS = 2**20
CLASS_NAMES = b"rs_core.class_names"


def open_parquet(path: str) -> Table:
    """Open a Parquet list; columns that are neither numbers nor lists of as many numbers each are passed over."""
    try:
        file = pq.ParquetFile(open_stream(path))
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a Parquet file ({' '.join(str(error).split())[:80]}); write it again") from error
    schema = file.schema_arrow
    file_column = check_columns(path, schema.names)
    if file.metadata.num_rows == 0:
        raise UserError(f"{path}: no rows; add one per sample")
    others = [name for name in schema.names if name not in OWN_COLUMNS]
    numbers = [name for name in others if _holds_numbers(schema.field(name).type)]
    names = (schema.metadata or {}).get(CLASS_NAMES)
    return Table(
        path=path,
        num_rows=file.metadata.num_rows,
        class_names=tuple(json.loads(names)) if names else None,
        columns=tuple(numbers),
        passed_over=tuple(name for name in others if name not in numbers),
        pieces=partial(_pieces, path, file, file_column, numbers),
    )


def _holds_numbers(kind: Any) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind)
    value = kind.value_type if is_list else kind
    return bool(pa.types.is_integer(value) or pa.types.is_floating(value) or pa.types.is_boolean(value))


def _pieces(path: str, file: Any, file_column: str, numbers: list[str]) -> Iterator[Piece]:
    own = [name for name in OWN_COLUMNS if name in file.schema_arrow.names]
    first_row = 1
    for batch in _batches(file, [*own, *numbers]):
        where = f"{path}, rows {first_row:,} to {first_row + batch.num_rows - 1:,}"
        ranges = None
        if "offset" in own:
            ranges = _numbers(where, batch, "offset", np.int64), _numbers(where, batch, "length", np.int64)
        yield Piece(
            row_numbers=range(first_row, first_row + batch.num_rows),
            files=_files(where, batch.column(file_column), file_column),
            ranges=ranges,
            labels=_labels(where, batch.column("label")) if "label" in own else None,
            columns={name: _numbers(where, batch, name) for name in numbers},
        )
        first_row += batch.num_rows


def _batches(file: Any, columns: list[str]) -> Iterator[Any]:
    # A reader of its own for each million rows: pyarrow's keeps something of every row group until its end.
    groups: list[int] = []
    num_rows = 0
    for group in range(file.num_row_groups):
        groups.append(group)
        num_rows += file.metadata.row_group(group).num_rows
        if num_rows >= PIECE_ROWS or group == file.num_row_groups - 1:
            yield from file.iter_batches(PIECE_ROWS, row_groups=groups, columns=columns)
            groups, num_rows = [], 0


def _coded(column: Any) -> tuple[NDArray[np.integer], list[Any]]:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _files(where: str, column: Any, name: str) -> Coded[str]:
    codes, values = _coded(column)
    if not all(isinstance(value, str) for value in values) or column.null_count:
        raise UserError(f"{where}: {name} is not a text everywhere; give each row a path")
    return Coded(codes, values)


def _labels(where: str, column: Any) -> Coded[Label]:
    codes, values = _coded(column)
    for value in values:
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise UserError(f"{where}: label {value!r} is neither a whole number nor a name")
    labels = [label_of_text(value) if isinstance(value, str) else value for value in values]
    return Coded(codes, [None if label == NO_LABEL else label for label in labels])


def _numbers(where: str, batch: Any, name: str, dtype: Any = None) -> NDArray[Any]:
    column = batch.column(name)
    if column.null_count:
        raise UserError(f"{where}: {name} is empty in {column.null_count:,} of them; give each row a number")
    kind = column.type
    if not _holds_numbers(kind) or (dtype and not pa.types.is_integer(kind)):
        raise UserError(f"{where}: {name} is of type {kind}; give whole numbers")
    if not hasattr(kind, "value_type"):
        values = column.to_numpy(zero_copy_only=False)
        converted: NDArray[Any] = values.astype(dtype or (np.uint8 if values.dtype == bool else values.dtype))
        return converted
    flat = column.flatten()
    width, rest = divmod(len(flat), len(column))
    lengths = np.asarray(column.value_lengths()) if hasattr(column, "value_lengths") else width
    if rest or flat.null_count or np.any(lengths != width) or width == 0:
        raise UserError(f"{where}: the lists in {name} differ in length; give each row as many numbers")
    matrix: NDArray[Any] = flat.to_numpy(zero_copy_only=False).reshape(-1, width)
    return matrix


def write_parquet(stored: StoredIndex, out: Path, on_progress: OnProgress = no_progress) -> None:
    """Write an index as a Parquet list that ``open_parquet`` reads, in bounded memory; whole or not at all.

    Columns are ``file`` or ``shard``, ``offset``, ``length``, ``label`` (a class index, -1 for none) and the optional
    ones; class names are in the metadata.

    Raises:
        UserError: ``out`` cannot be written.
    """
    write_atomically(out, lambda file: _write(stored, file, on_progress))


def _write(stored: StoredIndex, file: Any, on_progress: OnProgress) -> None:
    num_rows = len(stored.index)
    names = json.dumps(stored.index.class_names).encode()
    writer = None
    for start in range(0, num_rows, PIECE_ROWS):
        table = _table(stored, slice(start, start + PIECE_ROWS)).replace_schema_metadata({CLASS_NAMES: names})
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
        on_progress(min(start + PIECE_ROWS, num_rows), num_rows, min(start + PIECE_ROWS, num_rows))
    if writer:
        writer.close()


def _table(stored: StoredIndex, rows: slice) -> Any:
    source = stored.source
    used, codes = np.unique(source.file[rows], return_inverse=True)
    files = pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32)), pa.array([stored.files.path(file) for file in used.tolist()], pa.string())
    )
    columns = {
        "shard" if stored.description.kind == "shards" else "file": files,
        "offset": pa.array(source.offset[rows]),
        "length": pa.array(source.length[rows]),
        "label": pa.array(stored.index.labels[rows]),
    }
    for name, values in stored.index.columns.items():
        columns[name] = _arrow(values[rows])
    return pa.table(columns)


def _arrow(values: NDArray[Any]) -> Any:
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])

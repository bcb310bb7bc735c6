"""Building an index from lists of samples, which are read once from front to back in bounded memory."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.build import BuildConfig, BuildReport, Changes, OnProgress, no_progress
from rs_core.data.index.building import building
from rs_core.data.index.file_table import NO_CRC
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.listing import ShardFacts, class_names_beside, read_shard_facts
from rs_core.data.index.previous import refuse_to_lose_columns
from rs_core.data.index.sample_index import NO_LABEL
from rs_core.data.index.storage import NUM_QUESTIONS, FileState, file_state, folder_of, join, whole_path
from rs_core.data.index.tables import Coded, Piece, Table, open_table
from rs_core.data.index.writer import IndexWriter
from rs_core.errors import UserError


def index_lists(
    paths: Sequence[str], out: Path, config: BuildConfig, *, root: str = "", on_progress: OnProgress = no_progress
) -> BuildReport:
    """Index the samples that CSV or Parquet lists name, in their order, into the folder ``out``.

    A list has the columns ``file`` (whole files) or ``shard,offset,length`` (parts of files), perhaps ``label``, and
    any others that hold numbers, which become columns of the index. No sample is read, and of each file only the state.
    A ``shards.csv`` beside the list, as ``rs-core shard`` writes it, must agree with the shards.

    Args:
        paths: of the lists, local or remote.
        out: folder of the index.
        config: how.
        root: folder or address that the names in the lists start from; empty for the folder of each list.
        on_progress: told how far it is.

    Raises:
        UserError: a list, a row, a file or a label is not as it must be, or ``out`` cannot be written or has
            columns that would be lost.
    """
    tables = [open_table(whole_path(path)) for path in paths]
    roots = [whole_path(root) if root else folder_of(table.path) for table in tables]
    _check_alike(tables)
    with building(out):
        refuse_to_lose_columns(out, config, written=tables[0].columns)
        labels = LabelCollector(_class_names(config, tables, roots[0]))
        writer = IndexWriter(
            out, "list", roots[0] if len(set(roots)) == 1 else "", labels, with_labels=config.with_labels
        )
        for table, table_root in zip(tables, roots, strict=True):
            listed = _ListedFiles(writer, table, table_root)
            for piece in table.pieces():
                _add(writer, table, piece, listed)
                on_progress(writer.num_rows, sum(each.num_rows for each in tables), writer.num_rows)
        description = writer.finish()
        passed_over = [(table.path, name) for table in tables for name in table.passed_over]
        notes = [f"{path}: column {name} passed over, as it holds no numbers" for path, name in passed_over]
        return BuildReport(description=description, changes=Changes(new=writer.num_files), written=True, notes=notes)


def _check_alike(tables: Sequence[Table]) -> None:
    first = tables[0]
    for table in tables[1:]:
        if set(table.columns) != set(first.columns):
            raise UserError(
                f"{table.path}: has other columns ({', '.join(table.columns) or 'none'}) than {first.path} "
                f"({', '.join(first.columns) or 'none'}); give all lists the same"
            )
        if table.class_names != first.class_names:
            raise UserError(f"{table.path}: has other class names than {first.path}; give those of all: --class_names")


def _class_names(config: BuildConfig, tables: Sequence[Table], root: str) -> tuple[str, ...] | None:
    return config.class_names or tables[0].class_names or class_names_beside(root)


class _ListedFiles:
    """Gives the files of a list their numbers in the index."""

    def __init__(self, writer: IndexWriter, table: Table, root: str) -> None:
        self.writer = writer
        self.path = table.path
        self.root = root
        self.facts = read_shard_facts(root)
        self.number_of: dict[str, int] = {}
        self.sizes = np.zeros(0, np.int64)
        self.first = writer.num_files

    def numbers(self, files: Coded[str], piece: Piece) -> NDArray[np.int64]:
        """Return the number of each of ``files.values``, int64; those that are new are looked at and added."""
        new = [name for name in files.values if name not in self.number_of]
        paths = [join(self.root, name) for name in new]
        places = {name: code for code, name in enumerate(files.values)}

        def look(name: str, path: str) -> FileState:
            try:
                return self._checked(name, path, file_state(path))
            except UserError as error:
                row = piece.row_numbers[files.first_place(places[name])]
                raise UserError(f"{self.path}, row {row}: {error}") from error.__cause__

        with ThreadPoolExecutor(NUM_QUESTIONS) as pool:
            states = list(pool.map(look, new, paths))
        names = new if self.writer.root else paths
        crc32s = [self.facts[name].crc32 if name in self.facts else NO_CRC for name in new]
        start = self.writer.add_files(list(map(os.fsencode, names)), states, crc32s)
        self.number_of |= {name: start + place for place, name in enumerate(new)}
        self.sizes = np.append(self.sizes, np.array([state.size for state in states], np.int64))
        return np.array([self.number_of[name] for name in files.values], np.int64)

    def _checked(self, name: str, path: str, state: FileState) -> FileState:
        facts: ShardFacts | None = self.facts.get(name)
        if facts and facts.size != state.size:
            raise UserError(
                f"{path}: has {state.size:,} bytes, and shards.csv says {facts.size:,}; "
                "it changed since it was listed: index the shards themselves, or write them again"
            )
        return state

    def size(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sizes of files by their numbers."""
        sizes: NDArray[np.int64] = self.sizes[numbers - self.first]
        return sizes


def _add(writer: IndexWriter, table: Table, piece: Piece, listed: _ListedFiles) -> None:
    files = piece.files.compact()
    _refuse_repeated(table, piece, files, listed)
    numbers = listed.numbers(files, piece)[files.codes]
    sizes = listed.size(numbers)
    offsets, lengths = piece.ranges or (np.zeros(len(numbers), np.int64), sizes)
    outside = np.flatnonzero((offsets < 0) | (lengths < 0) | (offsets > sizes - lengths))
    if len(outside):
        place = int(outside[0])
        start = int(offsets[place])
        span = f"{start:,} to {start + int(lengths[place]):,}"
        raise UserError(
            f"{table.path}, row {piece.row_numbers[place]}: bytes {span} of {files.values[files.codes[place]]}, "
            f"which has {sizes[place]:,}; correct the row, or list the file again"
        )
    writer.add_rows(numbers, offsets, lengths, _label_ids(writer, table, piece), dict(_columns(table, piece)))


def _columns(table: Table, piece: Piece) -> list[tuple[str, NDArray[Any]]]:
    return [(name, piece.columns[name]) for name in table.columns]


def _refuse_repeated(table: Table, piece: Piece, files: Coded[str], listed: _ListedFiles) -> None:
    """Refuse a sample that is there twice: whole files anywhere in the list, parts of files among rows of a piece."""
    if piece.ranges is None:
        order = np.argsort(files.codes, kind="stable")
        again = np.diff(files.codes[order], prepend=-2) == 0
        known = np.array([name in listed.number_of for name in files.values])[files.codes]
        repeated = np.concatenate([order[again], np.flatnonzero(known)])
    elif np.all((np.diff(files.codes) != 0) | (np.diff(piece.ranges[0]) > 0)) and _come_once(files.codes):
        return
    else:
        offsets = piece.ranges[0]
        order = np.lexsort((offsets, files.codes))
        same_file = np.diff(files.codes[order], prepend=-2) == 0
        repeated = order[same_file & (np.diff(offsets[order], prepend=-1) == 0)]
    if len(repeated):
        place = int(repeated.min())
        name = files.values[files.codes[place]]
        what = repr(name) if piece.ranges is None else f"the sample at byte {piece.ranges[0][place]:,} of {name!r}"
        raise UserError(
            f"{table.path}, row {piece.row_numbers[place]}: {what} is in the list already; remove one of the rows"
        )


def _come_once(codes: NDArray[np.integer]) -> bool:
    """Say whether equal codes all follow each other."""
    starts = codes[np.flatnonzero(np.diff(codes, prepend=-2))]
    return len(np.unique(starts)) == len(starts)


def _label_ids(writer: IndexWriter, table: Table, piece: Piece) -> NDArray[np.integer]:
    if piece.labels is None or not writer.with_labels:
        return np.full(len(piece.row_numbers), NO_LABEL, np.int32)
    labels = piece.labels.compact()
    ids = writer.labels.ids(
        labels.values, lambda code: f"{table.path}, row {piece.row_numbers[labels.first_place(code)]}"
    )
    # Code -1, no label, takes the last entry.
    result: NDArray[np.integer] = np.append(ids, np.int32(NO_LABEL))[labels.codes]
    return result

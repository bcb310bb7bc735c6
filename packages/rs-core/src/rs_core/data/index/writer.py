"""Writing an index: columns in pieces, in bounded memory, then the description that makes them count."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rs_core.atomic import write_text_atomically
from rs_core.data.index.column_files import HEADER_BYTES, ColumnWriter
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.layout import COLUMNS, DESCRIPTION, ColumnFile, Description, Kind
from rs_core.data.index.storage import FileState

# Rows handled at a time where all of them are gone over.
PIECE_ROWS = 2**20


class IndexWriter:
    """Writes the columns of one build; see ``rs_core.data.index.layout`` for where they go.

    Args:
        directory: of the index; the caller holds the right to build there.
        kind: what the rows are taken from.
        root: what the names of files are relative to.
        labels: knows what the numbers in ``add_rows`` stand for.
        with_labels: labels were looked for.
    """

    def __init__(
        self, directory: Path, kind: Kind, root: str, labels: LabelCollector, *, with_labels: bool = True
    ) -> None:
        self.directory = directory
        self.kind = kind
        self.root = root
        self.labels = labels
        self.with_labels = with_labels
        self.data = f"columns-{uuid.uuid4().hex[:12]}"
        self._writers: dict[str, ColumnWriter] = {}
        self._num_rows_of_file = np.zeros(1024, np.int64)
        self.num_files = 0
        self.num_rows = 0
        # Label numbers become class indices when all of them are known.
        self._label_ids = ColumnWriter(directory / self.data / "label_ids.npy", np.int32)

    def add_files(self, names: Sequence[bytes], states: Sequence[FileState], crc32s: Sequence[int]) -> int:
        """Add files, named relative to the root, and return the number of the first."""
        first = self.num_files
        self.num_files += len(names)
        self._append_bytes("files/name", names)
        self._append_bytes("files/etag", [state.etag.encode() for state in states])
        self._append("files/size", np.int64, np.array([state.size for state in states], np.int64))
        self._append("files/mtime_ns", np.int64, np.array([state.mtime_ns for state in states], np.int64))
        self._append("files/crc32", np.int64, np.array(crc32s, np.int64))
        if self.num_files > len(self._num_rows_of_file):
            self._num_rows_of_file = np.resize(self._num_rows_of_file, 2 * self.num_files)
            self._num_rows_of_file[first:] = 0
        return first

    def add_rows(
        self,
        files: NDArray[np.integer],
        offsets: NDArray[np.integer],
        lengths: NDArray[np.integer],
        label_ids: NDArray[np.integer],
        columns: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Add rows, each array of shape [rows]; optional columns may be [rows, k] and are the same in every call."""
        self.num_rows += len(files)
        self._append("rows/file", np.int32, files)
        self._append("rows/offset", np.int64, offsets)
        self._append("rows/length", np.int64, lengths)
        self._label_ids.append(label_ids)
        for name, values in (columns or {}).items():
            self._append(f"{COLUMNS}{name}", values.dtype, values)
        if len(files):
            first = int(files.min())
            counts = np.bincount(files - first)
            self._num_rows_of_file[first : first + len(counts)] += counts

    def add_folders(self, names: Sequence[bytes], mtimes_ns: Sequence[int]) -> None:
        """Add folders that were listed, named relative to the root, with their times."""
        self._append_bytes("folders/name", names)
        self._append("folders/mtime_ns", np.int64, np.array(mtimes_ns, np.int64))

    def finish(self) -> Description:
        """Write what is left, then the description, which makes this the index of the folder."""
        self._append("files/num_rows", np.int64, self._num_rows_of_file[: self.num_files])
        self._write_labels()
        for writer in self._writers.values():
            writer.close()
        description = Description(
            kind=self.kind,
            root=self.root,
            data=self.data,
            num_rows=self.num_rows,
            num_files=self.num_files,
            class_names=self.labels.classes(),
            classes_given=self.labels.given is not None,
            labels=self.labels.kind,
            with_labels=self.with_labels,
            arrays={
                f"{name}.npy": ColumnFile(dtype=writer.dtype.str, shape=writer.shape, crc32=writer.crc32)
                for name, writer in sorted(self._writers.items())
            },
        )
        write_description(self.directory, description)
        return description

    def _write_labels(self) -> None:
        path = self.directory / self.data / "label_ids.npy"
        self._label_ids.close()
        with path.open("rb") as file:
            file.seek(HEADER_BYTES)
            while len(ids := np.fromfile(file, np.int32, PIECE_ROWS)):
                # int64, though classes would fit in less: it is what a batch needs, so no reader converts.
                self._append("rows/label", np.int64, self.labels.indices(ids))
        path.unlink()

    def _append_bytes(self, name: str, values: Sequence[bytes]) -> None:
        data = self._append(name, np.uint8, np.frombuffer(b"".join(values), np.uint8))
        before = data.num_rows - sum(map(len, values))
        self._append(f"{name}_end", np.int64, before + np.cumsum([len(value) for value in values], dtype=np.int64))

    def _append(self, name: str, dtype: DTypeLike, values: NDArray[Any]) -> ColumnWriter:
        if name not in self._writers:
            width = values.shape[1] if values.ndim > 1 else 0
            self._writers[name] = ColumnWriter(self.directory / self.data / f"{name}.npy", dtype, width)
        self._writers[name].append(values)
        return self._writers[name]


def write_description(directory: Path, description: Description) -> None:
    """Make what a description describes the index of a folder, in one step."""
    write_text_atomically(directory / DESCRIPTION, json.dumps(description.to_json(), indent=1) + "\n")

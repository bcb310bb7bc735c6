"""The form of an index on disk.

::

    INDEX/
      index.json            what it is, and in which folder the columns of the newest build are
      columns-0f3a9c216b7d/ one .npy a column
        rows/               file, offset, length, label
        columns/            optional columns, such as weight; one that replaced another is in a folder of its own
        files/              name, name_end, size, mtime_ns, etag, etag_end, num_rows, crc32
        folders/            of an image folder: name, name_end, mtime_ns

A build writes its columns beside those of the last one and then replaces ``index.json`` in one step, so a reader sees
the old index or the new one and nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

FORMAT = "rs-core sample index"
VERSION = 1
DESCRIPTION = "index.json"
COLUMNS = "columns/"

Kind = Literal["folder", "shards", "list"]
LabelKind = Literal["names", "numbers", "none"]


@dataclass(frozen=True, kw_only=True)
class ColumnFile:
    """One ``.npy`` file: type, shape, and the CRC-32 of its values."""

    dtype: str
    shape: tuple[int, ...]
    crc32: int


@dataclass(frozen=True, kw_only=True)
class Description:
    """What ``index.json`` holds.

    Args:
        kind: what the rows were taken from.
        root: folder or address that the names of files are relative to; empty if they are whole.
        data: folder of the columns, within that of the index.
        num_rows: samples.
        num_files: files that they lie in.
        class_names: of labels 0, 1 and so on.
        classes_given: the names came from the user, not from the labels that were found.
        labels: what labels were before they became indices.
        with_labels: labels were looked for.
        arrays: the ``.npy`` files by path within ``data``.
    """

    kind: Kind
    root: str
    data: str
    num_rows: int
    num_files: int
    class_names: tuple[str, ...]
    classes_given: bool
    labels: LabelKind
    with_labels: bool
    arrays: Mapping[str, ColumnFile] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give what is written, with the format's name and version in front."""
        return {"format": FORMAT, "version": VERSION, **asdict(self)}


def column_name(path: str) -> str:
    """Return the name of the optional column that an ``.npy`` file holds, empty for any other file.

    >>> column_name("columns/weight.npy"), column_name("rows/label.npy")
    ('weight', '')
    """
    return PurePosixPath(path).stem if path.startswith(COLUMNS) else ""


def description_from_json(data: dict[str, Any]) -> Description:
    """Read what ``to_json`` gives.

    Raises:
        LookupError, TypeError, ValueError: it is something else.
    """
    fields = {name: value for name, value in data.items() if name not in ("format", "version")}
    arrays = {
        path: ColumnFile(dtype=entry["dtype"], shape=tuple(map(int, entry["shape"])), crc32=int(entry["crc32"]))
        for path, entry in fields.pop("arrays").items()
    }
    return Description(**fields | {"arrays": arrays, "class_names": tuple(fields["class_names"])})

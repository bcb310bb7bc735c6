"""Opening an index on disk: in well under a second at any size, because nothing but its description is read."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rs_core.data.index.byte_column import ByteColumn
from rs_core.data.index.byte_ranges import ByteRanges
from rs_core.data.index.column_files import map_column
from rs_core.data.index.file_table import FileTable
from rs_core.data.index.layout import DESCRIPTION, FORMAT, VERSION, Description, column_name, description_from_json
from rs_core.data.index.sample_index import SampleIndex
from rs_core.errors import UserError


def open_index(path: str | Path, *, root: str = "") -> SampleIndex:
    """Open an index that ``rs-core index`` wrote; its columns are mapped, not read.

    Args:
        path: folder of the index.
        root: where the indexed files are now, if they were moved as a whole; empty for where they were.

    Raises:
        UserError: it is no index, of a newer version, or damaged.
    """
    return open_stored(Path(path), root=root).index


@dataclass(frozen=True, eq=False)
class StoredIndex:
    """An index with what only building and checking it need."""

    directory: Path
    description: Description
    index: SampleIndex
    files: FileTable
    source: ByteRanges
    arrays: dict[str, NDArray[Any]]

    @property
    def folders(self) -> tuple[ByteColumn, NDArray[Any]]:
        """Names of the folders that were listed, relative to the root, and when each had changed, in ns."""
        names = ByteColumn(self.arrays["folders/name.npy"], self.arrays["folders/name_end.npy"])
        return names, self.arrays["folders/mtime_ns.npy"]


def open_stored(directory: Path, *, root: str = "") -> StoredIndex:
    """Open an index for building on it; see :func:`open_index`."""
    description = read_description(directory)
    try:
        arrays = _map_all(directory, description)
    except FileNotFoundError:
        # A build may have replaced the index since its description was read.
        description = read_description(directory)
        try:
            arrays = _map_all(directory, description)
        except FileNotFoundError as error:
            raise damaged(directory, f"{error.filename} is missing") from error
    files = FileTable(
        root=root or description.root,
        names=ByteColumn(arrays["files/name.npy"], arrays["files/name_end.npy"]),
        sizes=arrays["files/size.npy"],
        mtimes_ns=arrays["files/mtime_ns.npy"],
        etags=ByteColumn(arrays["files/etag.npy"], arrays["files/etag_end.npy"]),
        num_rows=arrays["files/num_rows.npy"],
        crc32s=arrays["files/crc32.npy"],
    )
    source = ByteRanges(files, arrays["rows/file.npy"], arrays["rows/offset.npy"], arrays["rows/length.npy"])
    index = SampleIndex(
        source=source,
        labels=arrays["rows/label.npy"],
        class_names=description.class_names,
        columns=dict(sorted((column_name(path), values) for path, values in arrays.items() if column_name(path))),
    )
    object.__setattr__(index, "reopen", partial(_reopen, directory.absolute(), root, description.data))
    return StoredIndex(directory, description, index, files, source, arrays)


def _reopen(directory: Path, root: str, data: str) -> SampleIndex:
    stored = open_stored(directory, root=root)
    if stored.description.data != data:
        raise UserError(f"{directory}: was built anew while it was in use; start again")
    return stored.index


def read_description(directory: Path) -> Description:
    """Read ``index.json``; ``UserError`` if there is none, or none that this version reads."""
    try:
        data = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{directory}: no index there; make one with: rs-core index SOURCE --out {directory}") from None
    except OSError as error:
        raise UserError(f"{directory / DESCRIPTION}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise damaged(directory, f"{DESCRIPTION} is no JSON") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise damaged(directory, f"{DESCRIPTION} does not describe a sample index")
    if data.get("version") != VERSION:
        raise UserError(
            f"{directory}: an index of version {data.get('version')}, and this rs-core reads version {VERSION}; "
            "index again with --rescan, or update rs-core"
        )
    try:
        return description_from_json(data)
    except (LookupError, TypeError, ValueError) as error:
        raise damaged(directory, f"{DESCRIPTION} lacks something: {error}") from error


def _map_all(directory: Path, description: Description) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, entry in description.arrays.items():
        try:
            array = map_column(directory / description.data / name)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise damaged(directory, f"{name}: {error}") from error
        if (array.dtype.str, array.shape) != (entry.dtype, entry.shape):
            raise damaged(directory, f"{name} is {array.dtype.str} {list(array.shape)}, not as described")
        arrays[name] = array
    return arrays


def damaged(directory: Path, reason: str) -> UserError:
    """Say that an index cannot be used, and why."""
    return UserError(f"{directory}: damaged ({reason}); index again with --rescan")

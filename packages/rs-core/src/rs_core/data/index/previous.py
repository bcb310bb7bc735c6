"""The index that is there already, and what of it still holds."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.build import BuildConfig
from rs_core.data.index.labels import Label
from rs_core.data.index.layout import DESCRIPTION, Kind, column_name
from rs_core.data.index.storage import FileState
from rs_core.data.index.store import StoredIndex, open_stored, read_description
from rs_core.errors import UserError


class Previous:
    """The files and rows of an index to build on."""

    def __init__(self, stored: StoredIndex) -> None:
        self.stored = stored
        self.files = stored.files

    @cached_property
    def file_of_path(self) -> dict[str, int]:
        """Number of each file by its path."""
        return {self.files.path(file): file for file in range(len(self.files))}

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """The first row of each file; the rows of a file follow each other."""
        ends: NDArray[np.int64] = np.cumsum(self.files.num_rows)
        return ends - self.files.num_rows

    def rows(self, file: int) -> slice:
        """Give the rows of a file."""
        first = int(self.first_rows[file])
        return slice(first, first + int(self.files.num_rows[file]))

    def unchanged(self, path: str, state: FileState) -> int | None:
        """Give the number of a file if it is there in the same state."""
        file = self.file_of_path.get(path)
        return file if file is not None and self.files.state(file) == state else None

    def has_other_classes(self, names: tuple[str, ...] | None) -> bool:
        """Whether other class names were given for it: then a number may have stood for another class."""
        return self.stored.description.classes_given and self.stored.description.class_names != names

    @property
    def labels(self) -> list[Label]:
        """What stood for each class index in the data."""
        names = self.stored.description.class_names
        return list(range(len(names))) if self.stored.description.labels == "numbers" else list(names)


def open_previous(out: Path, kind: Kind, config: BuildConfig) -> Previous | None:
    """Open the index that is there, unless there is none or it was built in another way.

    Raises:
        UserError: it is damaged and the user has not asked for all to be scanned again.
    """
    if config.rescan or not (out / DESCRIPTION).exists():
        return None
    stored = open_stored(out)
    same_way = stored.description.kind == kind and stored.description.with_labels == config.with_labels
    return Previous(stored) if same_way else None


def class_names_for(config: BuildConfig, previous: Previous | None) -> tuple[str, ...] | None:
    """Give the class names that labels must keep to: those given now, else those given for the index that is there."""
    if config.class_names is None and previous and previous.stored.description.classes_given:
        return previous.stored.description.class_names
    return config.class_names


def refuse_to_lose_columns(out: Path, config: BuildConfig, written: Sequence[str] = ()) -> None:
    """Refuse to replace an index by one that lacks some of its columns, unless the user wants that.

    Args:
        out: folder of the index.
        config: says whether the user does.
        written: columns that the new one will have.

    Raises:
        UserError: naming the columns.
    """
    if config.drop_columns or not (out / DESCRIPTION).exists():
        return
    try:
        there = read_description(out)
    except UserError:
        return  # damaged, and about to be scanned again
    lost = sorted({column_name(path) for path in there.arrays} - {"", *written})
    if lost:
        raise UserError(
            f"{out}: the columns {', '.join(lost)} have no values for the rows as they are now; leave them out with "
            "--drop_columns and add them again, or give another folder for the index"
        )

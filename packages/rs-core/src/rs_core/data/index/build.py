"""What every way of building an index takes and tells."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rs_core.data.index.layout import Description


@dataclass(frozen=True, kw_only=True)
class BuildConfig:
    """How an index is built.

    Args:
        class_names: what labels may be; ``None`` to take them from the data, or from the index that is there if they
            were given for it.
        with_labels: take labels; without, every row is unlabelled.
        rescan: take nothing from the index that is there.
        drop_columns: leave out columns of the index that is there which the new one would not have; else a build that
            would lose some is refused.
        num_workers: processes that read.
    """

    class_names: tuple[str, ...] | None = None
    with_labels: bool = True
    rescan: bool = False
    drop_columns: bool = False
    num_workers: int = 1


@dataclass
class Changes:
    """How the files of an index compare with those of the one before."""

    unchanged: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def any(self) -> bool:
        """Whether there is something to write."""
        return bool(self.new or self.changed or self.removed)


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What a build did.

    Args:
        description: of the index as it is now.
        changes: of its files; counted as new if there was no index.
        written: whether a new index was written; it is not if nothing changed.
        notes: what else a person should know, a line each.
    """

    description: Description
    changes: Changes
    written: bool
    notes: list[str] = field(default_factory=list)


# Called with files done, files in all, and rows so far.
OnProgress = Callable[[int, int, int], None]


def no_progress(_done: int, _total: int, _rows: int) -> None:
    """Tell nobody."""

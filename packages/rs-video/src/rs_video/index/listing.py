"""What every kind of source becomes before a video is opened: rows, and what was left out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from rs_core.data.index.labels import Label
from rs_core.errors import UserError

# A row without a file, one that names a file once more, a file without a class, a file that cannot be decoded.
Kind = Literal["missing", "repeated", "unlabelled", "unreadable"]


class VideoRow(NamedTuple):
    """A video that is to be indexed.

    Args:
        file: path, relative to the root of the listing or whole.
        label: name or number of its class, ``None`` without one.
        place: where a person finds the row, such as ``train.csv, row 12``.
    """

    file: str
    label: Label
    place: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A video that is not in the index, as ``skipped.jsonl`` of the index lists it."""

    file: str
    kind: Kind
    reason: str
    place: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the fields that say something."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The videos of a source.

    Args:
        root: folder that relative paths start from.
        rows: in the order of the index.
        num_listed: rows or files that the source has.
        class_names: all classes that the source knows, even those of no row; ``None`` to find them from the labels.
        left_out: what is known to be missing already.
        notes: what else a person should know, a line each.
    """

    root: str
    rows: list[VideoRow]
    num_listed: int
    class_names: tuple[str, ...] | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def without_repeats(rows: Sequence[VideoRow]) -> tuple[list[VideoRow], list[LeftOut]]:
    """Keep the first of the rows that name one file, and give the others.

    Raises:
        UserError: two rows give one file different labels.
    """
    first: dict[str, VideoRow] = {}
    repeats = []
    for row in rows:
        earlier = first.setdefault(row.file, row)
        if earlier is row:
            continue
        if earlier.label != row.label:
            raise UserError(
                f"{row.place}: {row.file} has the label {row.label!r}, and {earlier.label!r} in {earlier.place}; "
                "a video has one label: remove one of the rows"
            )
        repeats.append(LeftOut(file=row.file, kind="repeated", reason=f"in {earlier.place} already", place=row.place))
    return list(first.values()), repeats


def refuse_unlabelled(rows: Sequence[VideoRow]) -> None:
    """Refuse rows without a label where labels are wanted.

    Raises:
        UserError: saying how many, and where the first is.
    """
    bare = [row for row in rows if row.label is None]
    if bare:
        many = f" ({len(bare):,} such rows)" if len(bare) > 1 else ""
        raise UserError(
            f"{bare[0].place}: {bare[0].file} has no label{many}; add it, or index without labels: --unlabelled"
        )


def counts(left_out: Sequence[LeftOut]) -> dict[Kind, int]:
    """Count what was left out by kind."""
    return dict(Counter(each.kind for each in left_out))

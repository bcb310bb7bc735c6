"""What building an index of videos did."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class VideoIndexSummary:
    """What an index of videos holds, and what its last build did.

    Args:
        directory: of the index.
        source: that it was made of.
        root: folder that the videos lie below.
        num_listed: rows or files of the source.
        num_videos: rows of the index.
        num_classes: of its labels.
        hours: that all videos last.
        num_missing: rows of the source without a file.
        num_repeated: rows of the source, and copies, of a video that is in the index already.
        num_unlabelled: files that lie in no class folder.
        num_unreadable: files that cannot be decoded, as far as they were.
        empty_classes: classes without a video in the index.
        num_probed: videos that were opened by this build.
        num_known: videos that were known from builds before.
        written: whether this build wrote a new index; it did not if nothing changed.
        notes: what else a person should know, a line each.
    """

    directory: Path
    source: str
    root: str
    num_listed: int
    num_videos: int
    num_classes: int
    hours: float
    num_missing: int
    num_repeated: int
    num_unlabelled: int
    num_unreadable: int
    empty_classes: tuple[str, ...]
    num_probed: int
    num_known: int
    written: bool
    notes: tuple[str, ...]

    @property
    def num_left_out(self) -> int:
        """How many lines ``skipped.jsonl`` has."""
        return self.num_missing + self.num_repeated + self.num_unlabelled + self.num_unreadable

    def to_json(self) -> dict[str, Any]:
        """Give the fields."""
        return asdict(self) | {"directory": str(self.directory)}

"""The official lists of Kinetics-400, -600 and -700: a CSV with youtube_id, time_start and time_end.

The videos lie anywhere below a root, in class folders of any names or in none, called ``{id}_{start:06}_{end:06}`` with
any extension of a video: so activitynet/ActivityNet:Crawler/Kinetics/download.py names them, and the archives of
cvdfoundation/kinetics-dataset.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rs_core.errors import UserError, nearest
from rs_video.index.csv_rows import CsvRow
from rs_video.index.listing import LeftOut, Listing, VideoRow, refuse_unlabelled, without_repeats
from rs_video.index.video_names import SOME_EXTENSIONS
from rs_video.index.walk import videos_below

# What makes a CSV one of these lists; ``label`` is missing from test lists, ``split`` and ``is_cc`` from some.
COLUMNS = ("youtube_id", "time_start", "time_end")

# An id and perhaps the times that it was cut at.
_NAME = re.compile(r"(?P<id>.+?)(_\d+_\d+)?")

# cvdfoundation/kinetics-dataset offers about 1,400 videos again, in a folder "replacement…", as those of its archives
# are damaged.
_REPLACEMENT = "replacement"


class Clip(NamedTuple):
    """A row of the list; times are whole seconds, ``name`` what its file is called without extension."""

    youtube_id: str
    name: str
    label: str
    split: str
    place: str


def list_kinetics(csv: Path, rows: Sequence[CsvRow], root: Path, split: str, *, with_labels: bool) -> Listing:
    """Find the videos of a list below ``root``, in the order of the list.

    Classes are all labels of the list, sorted, so that they do not depend on which videos are there.

    Args:
        csv: for messages.
        rows: of the list.
        root: an existing folder, by its whole path.
        split: which rows to take if the list has several splits; empty for all.
        with_labels: take labels.

    Raises:
        UserError: the list has several splits and none is chosen, has no labels where they are wanted, a time is no
            number, or none of its videos is there.
    """
    _check_labels(csv, rows, with_labels=with_labels)
    clips = [clip for clip in map(_clip, rows) if not split or clip.split == split]
    _check_splits(csv, rows, split, clips)
    if with_labels:
        refuse_unlabelled([VideoRow(clip.name, clip.label or None, clip.place) for clip in clips])
    finder = _Finder.of(root, Counter(clip.youtube_id for clip in clips))
    found: list[VideoRow] = []
    left_out: list[LeftOut] = []
    for clip in clips:
        files = finder.files(clip)
        label = (clip.label or None) if with_labels else None
        if not files:
            left_out.append(LeftOut(file=clip.name, kind="missing", reason="no such file", place=clip.place))
            continue
        found.append(VideoRow(files[0], label, clip.place))
        left_out += [
            LeftOut(file=file, kind="repeated", reason=f"{files[0]} was taken", place=clip.place) for file in files[1:]
        ]
    if not found:
        raise UserError(
            f"{csv}: none of its {len(clips):,} videos is below {root}; the first would be called {clips[0].name} "
            f"({SOME_EXTENSIONS}), in any folder: give --root, where the videos are"
        )
    found, repeats = without_repeats(found)
    notes = [f"{finder.num_by_id:,} videos found by their id alone: their names give other times"]
    return Listing(
        root=str(root),
        rows=found,
        class_names=tuple(sorted({row.fields["label"] for row in rows} - {""})) if with_labels else None,
        left_out=left_out + repeats,
        num_listed=len(clips),
        notes=notes if finder.num_by_id else [],
    )


def _check_labels(csv: Path, rows: Sequence[CsvRow], *, with_labels: bool) -> None:
    if with_labels and "label" not in rows[0].fields:
        raise UserError(f"{csv}: has no column label, as lists of test videos; to index them so, give --unlabelled")


def _check_splits(csv: Path, rows: Sequence[CsvRow], split: str, clips: Sequence[Clip]) -> None:
    splits = sorted({row.fields["split"] for row in rows if "split" in row.fields})
    if split and not clips:
        raise UserError(f"{csv}: has no split {split!r}{nearest(split, splits)}; it has {', '.join(splits) or 'none'}")
    if len(splits) > 1 and not split:
        raise UserError(f"{csv}: holds the splits {', '.join(splits)}; choose one with --split")


def _clip(row: CsvRow) -> Clip:
    youtube_id = row.fields["youtube_id"]
    start, end = (_seconds(row, column) for column in ("time_start", "time_end"))
    name = f"{youtube_id}_{start:06}_{end:06}"
    return Clip(youtube_id, name, row.fields.get("label", ""), row.fields.get("split", ""), row.place)


def _seconds(row: CsvRow, column: str) -> int:
    text = row.fields[column]
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise UserError(f"{row.place}: {column} is {text!r}; give seconds") from None


@dataclass
class _Finder:
    """Finds files by name, and by id where an id stands for one row only.

    Args:
        root: folder that the files are relative to.
        by_name: files by their names without extension.
        by_id: files by the ids in their names.
        num_rows: of each id in the list.
        num_by_id: how many were found by their id alone.
    """

    root: Path
    by_name: dict[str, list[str]]
    by_id: dict[str, list[str]]
    num_rows: Counter[str]
    num_by_id: int = 0

    @classmethod
    def of(cls, root: Path, num_rows: Counter[str]) -> "_Finder":
        by_name: dict[str, list[str]] = defaultdict(list)
        by_id: dict[str, list[str]] = defaultdict(list)
        for file in videos_below(root):
            stem = file.rpartition("/")[2].rpartition(".")[0]
            by_name[stem].append(file)
            match = _NAME.fullmatch(stem)
            by_id[match["id"] if match else stem].append(file)
        return cls(root, by_name, by_id, num_rows)

    def files(self, clip: Clip) -> list[str]:
        """Give the files of a clip, the one to take first; links to one file count once."""
        exact = self.by_name.get(clip.name, [])
        of_id = self.by_id.get(clip.youtube_id, []) if self.num_rows[clip.youtube_id] == 1 else []
        self.num_by_id += bool(of_id and not exact)
        files = [*filter(_is_replacement, of_id), *(exact or of_id)]
        if len(files) < 2:
            return files
        return list({os.path.realpath(self.root / file): file for file in reversed(files)}.values())[::-1]


def _is_replacement(file: str) -> bool:
    return any(folder.startswith(_REPLACEMENT) for folder in file.split("/")[:-1])

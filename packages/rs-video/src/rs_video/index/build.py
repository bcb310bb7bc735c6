"""Building the index of a set of videos."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rs_core.atomic import write_atomically
from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.building import building
from rs_core.data.index.file_table import NO_CRC
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.writer import IndexWriter
from rs_core.errors import UserError
from rs_video.index.columns import to_columns
from rs_video.index.digest import DIGEST, digest_of, note_digest, says_the_same
from rs_video.index.listing import LeftOut, Listing, counts
from rs_video.index.probe import Check
from rs_video.index.probe_all import PROBES, Probed, forget_others, probe_all
from rs_video.index.sources import list_videos
from rs_video.index.summary import VideoIndexSummary

SKIPPED = "skipped.jsonl"
OWN_FILES = frozenset({PROBES, SKIPPED, DIGEST})


@dataclass(frozen=True, kw_only=True)
class VideoIndexConfig:
    """How an index of videos is built.

    Args:
        root: of lists, where their videos are; ``None`` for the folder of the list.
        split: of official lists of Kinetics, which of their splits; empty if they have one.
        class_names: what labels may be, in the order of class indices; ``None`` for what is found, sorted.
        with_labels: take labels; without, every row is unlabelled.
        check: what to decode of each video: its ``first`` frame, that and the last (``ends``), or ``all``.
        rescan: probe all videos again, not only those that are new or changed.
        num_workers: processes that probe.
        time_limit_s: for probing one video; one that takes longer is left out.
    """

    root: Path | None = None
    split: str = ""
    class_names: tuple[str, ...] | None = None
    with_labels: bool = True
    check: Check = "ends"
    rescan: bool = False
    num_workers: int = 1
    time_limit_s: float = 60.0


def build_video_index(
    source: Path, out: Path, config: VideoIndexConfig | None = None, on_progress: OnProgress = no_progress
) -> VideoIndexSummary:
    """Index the videos of a folder with a folder per class, of an official list of Kinetics, or of a list of paths.

    Each row is a whole local file, with the columns of ``rs_video.index.columns``. Videos that are missing, listed
    twice or cannot be decoded are left out and listed in ``skipped.jsonl`` of the index. What probing finds out is
    written down at once, so a build that was killed goes on where it was, and a later one probes only what is new.

    Args:
        source: folder or list; see ``rs_video.index.sources``.
        out: folder of the index; one that is there is replaced in one step when all videos have been probed.
        config: how.
        on_progress: told how far it is: videos probed, how many there are to probe, how many can be decoded.

    Raises:
        UserError: the source or a label is not as it must be, no video can be decoded, or ``out`` cannot be written.
    """
    config = config or VideoIndexConfig()
    listing = list_videos(
        source, root=config.root, split=config.split, class_names=config.class_names, with_labels=config.with_labels
    )
    _refuse_inside(source, out)
    with building(out, OWN_FILES):
        if config.rescan:
            (out / PROBES).unlink(missing_ok=True)
        labels = LabelCollector(config.class_names or listing.class_names)
        # Before hours of probing, not after them.
        labels.ids([row.label for row in listing.rows], lambda place: listing.rows[place].place)
        probed = probe_all(
            listing,
            out,
            check=config.check,
            num_workers=config.num_workers,
            time_limit_s=config.time_limit_s,
            on_progress=on_progress,
        )
        _write_skipped(out, probed.left_out)
        if not probed.rows:
            raise UserError(
                f"{source}: none of its {listing.num_listed:,} videos can be used, for example "
                f"{probed.left_out[0].file} ({probed.left_out[0].reason}); {out / SKIPPED} lists all"
            )
        written = _write_rows(out, listing, probed, labels, with_labels=config.with_labels)
        forget_others(out, listing)
        return _summarise(source, out, listing, probed, labels.classes(), written=written)


def _refuse_inside(source: Path, out: Path) -> None:
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{out}: lies in the folder to be indexed; give another folder for --out")


def _write_skipped(out: Path, left_out: Sequence[LeftOut]) -> None:
    lines = [json.dumps(each.to_json(), ensure_ascii=False) + "\n" for each in left_out]
    text = "".join(lines).encode(errors="surrogateescape")
    write_atomically(out / SKIPPED, lambda file: file.write(text))


def _write_rows(out: Path, listing: Listing, probed: Probed, labels: LabelCollector, *, with_labels: bool) -> bool:
    """Write the index unless the one that is there says the same: replacing it would stop whoever trains on it."""
    digest = digest_of(listing, probed, labels)
    if says_the_same(out, digest):
        return False
    writer = IndexWriter(out, "list", listing.root, labels, with_labels=with_labels)
    names = [os.fsencode(row.file) for row in probed.rows]
    first = writer.add_files(names, probed.states, [NO_CRC] * len(names))
    writer.add_rows(
        np.arange(first, first + len(names)),
        np.zeros(len(names), np.int64),
        np.array([state.size for state in probed.states], np.int64),
        labels.ids([row.label for row in probed.rows], lambda place: probed.rows[place].place),
        to_columns(probed.facts),
    )
    writer.finish()
    note_digest(out, digest)
    return True


def _summarise(
    source: Path, out: Path, listing: Listing, probed: Probed, classes: tuple[str, ...], *, written: bool
) -> VideoIndexSummary:
    kinds = counts(probed.left_out)
    present = {row.label for row in probed.rows}
    empty = [name for place, name in enumerate(classes) if not present & {name, place}]
    return VideoIndexSummary(
        directory=out,
        source=str(source),
        root=listing.root,
        num_listed=listing.num_listed,
        num_videos=len(probed.rows),
        num_classes=len(classes),
        hours=sum(facts.duration for facts in probed.facts) / 3600,
        num_missing=kinds.get("missing", 0),
        num_repeated=kinds.get("repeated", 0),
        num_unlabelled=kinds.get("unlabelled", 0),
        num_unreadable=kinds.get("unreadable", 0),
        empty_classes=tuple(empty),
        num_probed=probed.num_new,
        num_known=probed.num_known,
        written=written,
        notes=tuple(listing.notes),
    )

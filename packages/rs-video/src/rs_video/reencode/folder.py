"""Writing all videos below a folder anew, into another folder of the same layout."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from rs_core.atomic import write_text_atomically
from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.building import LOCK, locked
from rs_core.data.index.storage import local_state
from rs_core.errors import UserError
from rs_video.index.build import SKIPPED
from rs_video.index.guarded import guarded
from rs_video.index.guarded_process import Failure
from rs_video.index.journal import Entry, Journal, read_header
from rs_video.index.video_names import SOME_EXTENSIONS
from rs_video.index.walk import videos_below
from rs_video.reencode.config import ReencodeConfig
from rs_video.reencode.video import Sizes, partial_file, reencode_video

JOURNAL = "reencoded.jsonl"
FORMAT: Entry = {"format": "rs-video reencode", "version": 1}


@dataclass(frozen=True, kw_only=True)
class ReencodeSummary:
    """What writing a folder of videos anew did.

    Args:
        directory: with the videos.
        num_videos: that are there now.
        num_written: of them by this call; the others were there.
        num_unreadable: videos of the source that could not be decoded, listed in ``skipped.jsonl``.
        num_frames: in all videos that are there.
        num_bytes_before: of these in the source, with sound if they had any.
        num_bytes_after: of these now.
    """

    directory: Path
    num_videos: int
    num_written: int
    num_unreadable: int
    num_frames: int
    num_bytes_before: int
    num_bytes_after: int

    def to_json(self) -> dict[str, Any]:
        """Give the fields."""
        return asdict(self) | {"directory": str(self.directory)}


def reencode_folder(
    source: Path,
    out: Path,
    config: ReencodeConfig,
    *,
    num_workers: int = 1,
    time_limit_s: float = 600.0,
    on_progress: OnProgress = no_progress,
) -> ReencodeSummary:
    """Write all videos below ``source`` anew below ``out``, as ``.mp4``, each whole or not at all.

    Videos that an earlier call with the same settings wrote are kept, unless their source changed since. Those that
    cannot be decoded are left out and listed in ``skipped.jsonl`` of ``out``.

    Args:
        source: folder of any layout, which is kept.
        out: folder outside of ``source``.
        config: how to write.
        num_workers: processes.
        time_limit_s: for one video; one that takes longer is left out.
        on_progress: told how many have been worked on, of how many, and how many are written.

    Raises:
        UserError: there are no videos, two would get one name, or ``out`` cannot be written, holds something else, or
            was written with other settings.
    """
    files = list_files(source)
    refuse_overlap(source, out)
    header = FORMAT | asdict(config)
    refuse_others(out, header)
    with locked(out), Journal(out / JOURNAL, header) as journal:
        states = {file: local_state((source / file).stat()) for file in files}
        todo = [file for file in files if not settled(out, file, journal.known(file, states[file]))]
        work = guarded(
            partial(_reencode, source=source, out=out, config=config),
            todo,
            num_workers=num_workers,
            time_limit_s=time_limit_s,
        )
        num_written = 0
        for done, (file, result) in enumerate(work, start=1):
            if isinstance(result, Failure):
                # A process that was ended at its time limit could not clear away what it was writing.
                partial_file(out / target_name(file)).unlink(missing_ok=True)
            journal.note(file, states[file], asdict(result))
            num_written += isinstance(result, Sizes)
            on_progress(done, len(todo), num_written)
        return summarise(out, [journal.entries[file] for file in files], num_written)


def list_files(source: Path) -> list[str]:
    """Give the videos below a folder, relative to it; ``UserError`` if there are none, or two for one name."""
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; give one with videos in it")
    files = list(videos_below(source))
    if not files:
        raise UserError(f"{source}: no videos ({SOME_EXTENSIONS}) in it or below; check the path")
    twice = [name for name, count in Counter(map(target_name, files)).items() if count > 1]
    if twice:
        same = [file for file in files if target_name(file) == twice[0]]
        raise UserError(f"{source}: {' and '.join(same)} would both become {twice[0]}; rename or remove one")
    return files


def target_name(file: str) -> str:
    """Name the file that a video becomes.

    >>> target_name("dance/x.1.webm")
    'dance/x.1.mp4'
    """
    return str(PurePosixPath(file).with_suffix(".mp4"))


def refuse_overlap(source: Path, out: Path) -> None:
    """Refuse to write below the source, whose videos would be found again, or over it."""
    if out.resolve().is_relative_to(source.resolve()) or source.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{out}: lies in {source}, or around it; give a folder elsewhere for --out")


def refuse_others(out: Path, header: Entry) -> None:
    """Refuse a folder that holds anything but videos that were written in the same way."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; give a folder for the videos")
    noted = read_header(out / JOURNAL)
    if noted is None:
        others = sorted(path.name for path in out.iterdir() if path.name != LOCK) if out.is_dir() else []
        if others:
            raise UserError(f"{out}: is not empty, and holds {others[0]}; give another folder for the videos")
    elif noted != header:
        changed = [f"{name}={noted.get(name)}" for name, value in header.items() if noted.get(name) != value]
        raise UserError(f"{out}: holds videos with {', '.join(changed)}; give the same settings, or another folder")


def settled(out: Path, file: str, entry: Entry | None) -> bool:
    """Say whether nothing is to be done for a file: its video is there, or it cannot be decoded."""
    if entry is None:
        return False
    if "reason" in entry:
        return bool(entry["lasting"])
    try:
        return bool((out / target_name(file)).stat().st_size == entry["after"])
    except OSError:
        return False


def _reencode(file: str, source: Path, out: Path, config: ReencodeConfig) -> Sizes:
    return reencode_video(source / file, out / target_name(file), config)


def summarise(out: Path, entries: Sequence[Entry], num_written: int) -> ReencodeSummary:
    """Write ``skipped.jsonl`` and add up what is there."""
    bad = [{"file": entry["file"], "reason": entry["reason"]} for entry in entries if "reason" in entry]
    write_text_atomically(out / SKIPPED, "".join(json.dumps(line) + "\n" for line in bad))
    good = [entry for entry in entries if "reason" not in entry]
    return ReencodeSummary(
        directory=out,
        num_videos=len(good),
        num_written=num_written,
        num_unreadable=len(bad),
        num_frames=sum(entry["num_frames"] for entry in good),
        num_bytes_before=sum(entry["before"] for entry in good),
        num_bytes_after=sum(entry["after"] for entry in good),
    )

"""Probing every video of a listing: what was found out is kept across kills and from build to build."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rs_core.data.index.build import OnProgress
from rs_core.data.index.storage import FileState, join, local_state, reason_of
from rs_video.index.guarded import guarded
from rs_video.index.journal import Entry, Journal
from rs_video.index.listing import LeftOut, Listing, VideoRow
from rs_video.index.probe import Check, VideoFacts, probe_video

PROBES = "probes.jsonl"
# Another version means that probing would find something else in the same file.
HEADER: Entry = {"format": "rs-video probes", "version": 1}

# Each finds what those before it find.
CHECKS: tuple[Check, ...] = ("first", "ends", "all")


@dataclass(frozen=True, kw_only=True)
class Probed:
    """The videos that can be decoded, in the order of the listing, with what is known of each; and the others.

    ``num_new`` were opened now, ``num_known`` were known from before.
    """

    rows: list[VideoRow]
    states: list[FileState]
    facts: list[VideoFacts]
    left_out: list[LeftOut]
    num_new: int
    num_known: int


def probe_all(
    listing: Listing, directory: Path, *, check: Check, num_workers: int, time_limit_s: float, on_progress: OnProgress
) -> Probed:
    """Probe the videos that are new, changed, or were checked less than is asked for now.

    Args:
        listing: of them.
        directory: of the index, where the findings are kept.
        check: what to decode of each.
        num_workers: processes.
        time_limit_s: for one video; one that takes longer is left out.
        on_progress: told how many have been probed, of how many, and how many of them can be decoded.
    """
    rows, states, left_out = _look(listing)
    with Journal(directory / PROBES, HEADER) as journal:
        todo = {
            join(listing.root, row.file): place
            for place, (row, state) in enumerate(zip(rows, states, strict=True))
            if not _settled(journal.known(row.file, state), check)
        }
        work = guarded(partial(probe_video, check=check), todo, num_workers=num_workers, time_limit_s=time_limit_s)
        num_good = 0
        for done, (path, result) in enumerate(work, start=1):
            place = todo[path]
            journal.note(rows[place].file, states[place], {"check": check, **asdict(result)})
            num_good += isinstance(result, VideoFacts)
            on_progress(done, len(todo), num_good)
    good = []
    for place, row in enumerate(rows):
        entry = journal.entries[row.file]
        if "reason" in entry:
            left_out.append(LeftOut(file=row.file, kind="unreadable", reason=entry["reason"], place=row.place))
        else:
            good.append(place)
    return Probed(
        rows=[rows[place] for place in good],
        states=[states[place] for place in good],
        facts=[_facts(journal.entries[rows[place].file]) for place in good],
        left_out=left_out,
        num_new=len(todo),
        num_known=len(rows) - len(todo),
    )


def forget_others(directory: Path, listing: Listing) -> None:
    """Drop what is known of files that are not in the listing, once the index is written."""
    journal = Journal(directory / PROBES, HEADER)
    files = {row.file for row in listing.rows}
    if not journal.entries.keys() <= files:
        journal.keep(files)


def _look(listing: Listing) -> tuple[list[VideoRow], list[FileState], list[LeftOut]]:
    """Ask for the state of each file; those that are not there are left out."""
    rows, states = [], []
    left_out = list(listing.left_out)
    for row in listing.rows:
        try:
            states.append(local_state(Path(join(listing.root, row.file)).stat()))
            rows.append(row)
        except OSError as error:
            left_out.append(LeftOut(file=row.file, kind="missing", reason=reason_of(error), place=row.place))
    return rows, states, left_out


def _settled(entry: Entry | None, check: Check) -> bool:
    """Say whether probing again would find nothing new."""
    if entry is None:
        return False
    if "reason" in entry:
        return bool(entry["lasting"])
    return CHECKS.index(entry["check"]) >= CHECKS.index(check)


def _facts(entry: Entry) -> VideoFacts:
    return VideoFacts(**{name: entry[name] for name in VideoFacts.__dataclass_fields__})

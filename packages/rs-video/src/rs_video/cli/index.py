"""``rs-video index``: make or show the index of a set of videos."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.index import classes_text, say
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cores import num_cores
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.index.class_names import read_class_names
from rs_core.data.index.layout import DESCRIPTION
from rs_core.errors import UserError
from rs_video.index import VideoIndexConfig, VideoIndexSummary, build_video_index, open_video_index
from rs_video.index.build import SKIPPED
from rs_video.index.probe_all import CHECKS

# So many classes without a video are named.
MOST_NAMED = 3


def run(arguments: list[str]) -> None:
    """Make an index of SOURCE with --out; without it, show the index that SOURCE is."""
    options = make_parser().parse_args(arguments)
    if options.out is None:
        show(options.source, as_json=options.json)
        return
    config = VideoIndexConfig(
        root=options.root,
        split=options.split,
        class_names=chosen_classes(options),
        with_labels=not options.unlabelled,
        check=options.check,
        rescan=options.rescan,
        num_workers=options.workers,
        time_limit_s=options.time_limit,
    )
    with FileProgress("probing") as progress:
        summary = build_video_index(options.source, options.out, config, progress)
    if options.json:
        print(json.dumps(summary.to_json(), indent=2))
    else:
        say([*index_lines(open_video_index(options.out)), *build_lines(summary)])


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "index",
        "Index a set of videos, with labels, numbers of frames and rates; those that cannot be decoded are left out. "
        "A call that was cut short goes on where it was, a later one looks only at what is new. Or show an index.",
        program="rs-video",
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        type=Path,
        help="folder with one folder per class; official list of Kinetics (CSV with youtube_id,time_start,time_end); "
        "list with 'path,label' or 'path label' a line; or, without --out, an index",
    )
    parser.add_argument("--out", metavar="INDEX", type=Path, help="folder of the index; one that is there is updated")
    parser.add_argument("--root", metavar="DIR", type=Path, help="where the videos of a list are (default: its folder)")
    parser.add_argument("--split", default="", help="which rows of an official list, such as train or validate")
    classes = parser.add_mutually_exclusive_group()
    classes.add_argument("--class_names", metavar="FILE", type=Path, help="the classes: a text file with one a line")
    classes.add_argument("--classes_from", metavar="INDEX", type=Path, help="the classes: those of another index")
    classes.add_argument("--unlabelled", action="store_true", help="take no labels")
    parser.add_argument(
        "--check",
        choices=CHECKS,
        default="ends",
        help="what to decode of each video: the first frame, the first and the last (default), or all",
    )
    parser.add_argument("--rescan", action="store_true", help="probe all again, not only what is new or changed")
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, default=num_cores(), help="processes (default: one per core)"
    )
    parser.add_argument(
        "--time_limit", metavar="S", type=at_least_one, default=60, help="seconds for one video (default: 60)"
    )
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    return parser


def chosen_classes(options: Namespace) -> tuple[str, ...] | None:
    """Give the classes that the user names, if any."""
    if options.class_names:
        return read_class_names(options.class_names)
    if not options.classes_from:
        return None
    if not (options.classes_from / DESCRIPTION).exists():
        raise UserError(f"--classes_from {options.classes_from}: no index there; index the training videos first")
    names = open_index(options.classes_from).class_names
    if not names:
        raise UserError(f"--classes_from {options.classes_from}: has no classes; give an index with labels")
    return names


def build_lines(summary: VideoIndexSummary) -> list[tuple[str, str]]:
    """Say what a build left out and did; zeros are left out."""
    kinds = (
        (summary.num_missing, "missing"),
        (summary.num_unreadable, "unreadable"),
        (summary.num_repeated, "repeated"),
        (summary.num_unlabelled, "in no class folder"),
    )
    lines = [("note", note) for note in summary.notes]
    if summary.num_left_out:
        kinds_text = ", ".join(f"{count:,} {kind}" for count, kind in kinds if count)
        lines.append(("left out", f"{kinds_text}; listed in {summary.directory / SKIPPED}"))
    if summary.empty_classes:
        named = ", ".join(summary.empty_classes[:MOST_NAMED])
        more = ", …" if len(summary.empty_classes) > MOST_NAMED else ""
        lines.append(("note", f"no video of {len(summary.empty_classes):,} of the classes: {named}{more}"))
    lines.append(("probed", f"{summary.num_probed:,} now, {summary.num_known:,} known from before"))
    return [*lines, ("written" if summary.written else "kept", str(summary.directory))]


def show(source: Path, *, as_json: bool) -> None:
    """Show the index that a folder is."""
    if not (source / DESCRIPTION).exists():
        raise UserError(f"{source}: not an index; to make one of it, say where: --out INDEX")
    if as_json:
        raise UserError("--json tells what a build did; give --out too")
    say(index_lines(open_video_index(source)))


def index_lines(index: SampleIndex) -> list[tuple[str, str]]:
    """Say what an index holds."""
    seconds = float(np.sum(index.columns["duration"], dtype=np.float64))
    frames, rates = index.columns["num_frames"], index.columns["frame_rate"]
    short_sides = np.minimum(index.columns["height"], index.columns["width"])
    num_variable = int(np.count_nonzero(index.columns["variable_frame_rate"]))
    variable = f", {num_variable:,} of variable rate" if num_variable else ""
    return [
        ("videos", f"{len(index):,}, {lasting(seconds)}"),
        ("classes", classes_text(index.class_names)),
        ("frames", f"{span(frames)} a video, {span(rates)} a second{variable}"),
        ("pixels", f"short side {span(short_sides)}"),
        ("first", index.name(0)),
    ]


def lasting(seconds: float) -> str:
    """Write how long something lasts.

    >>> lasting(12.34), lasting(600), lasting(7200)
    ('12.3 seconds', '10.0 minutes', '2.0 hours')
    """
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    return f"{seconds / 60:.1f} minutes" if seconds < 3600 else f"{seconds / 3600:,.1f} hours"


def span(values: NDArray[Any]) -> str:
    """Write the smallest and the largest of some numbers.

    >>> span(np.array([25.0, 29.97], np.float32)), span(np.array([256, 256]))
    ('25 to 29.97', '256')
    """
    low, high = (f"{float(value):.2f}".rstrip("0").rstrip(".") for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"

"""``rs-video reencode``: write videos anew, smaller and with key frames close together."""

import json
from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.index import megabytes, say
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_video.index.build import SKIPPED
from rs_video.reencode import ReencodeConfig, ReencodeSummary, reencode_folder

LARGEST_CRF = 51
SMALLEST_SIDE = 16
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")


def run(arguments: list[str]) -> None:
    """Write the videos below SOURCE anew below --out."""
    options = make_parser().parse_args(arguments)
    if not 0 <= options.crf <= LARGEST_CRF:
        raise UserError(f"--crf {options.crf}: give 0 (lossless) to {LARGEST_CRF}")
    if options.short_side < SMALLEST_SIDE:
        raise UserError(f"--short_side {options.short_side}: give at least {SMALLEST_SIDE} pixels")
    config = ReencodeConfig(
        short_side=options.short_side,
        keyframe_interval=options.keyframe_interval,
        crf=options.crf,
        preset=options.preset,
    )
    with FileProgress("re-encoding") as progress:
        summary = reencode_folder(
            options.source,
            options.out,
            config,
            num_workers=options.workers,
            time_limit_s=options.time_limit,
            on_progress=progress,
        )
    if options.json:
        print(json.dumps(summary.to_json(), indent=2))
    else:
        say(summary_lines(summary))


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    config = ReencodeConfig()
    parser = CommandParser(
        "reencode",
        "Write all videos below a folder anew into another folder of the same layout: H.264 without sound, smaller, "
        "upright, every frame at its time. A call that was cut short goes on where it was.",
        program="rs-video",
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="folder with videos, in folders of any depth")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the videos")
    parser.add_argument(
        "--short_side",
        metavar="PX",
        type=at_least_one,
        default=config.short_side,
        help=f"pixels of the shorter side; smaller videos keep their size (default: {config.short_side})",
    )
    parser.add_argument(
        "--keyframe_interval",
        metavar="N",
        type=at_least_one,
        default=config.keyframe_interval,
        help=f"a key frame at least every N frames (default: {config.keyframe_interval}); "
        "fewer make smaller files and dearer clips",
    )
    parser.add_argument(
        "--crf", metavar="N", type=int, default=config.crf, help=f"quality, 0 the best to 51 (default: {config.crf})"
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        choices=PRESETS,
        default=config.preset,
        help=f"effort of x264 for small files (default: {config.preset})",
    )
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, default=num_cores(), help="processes (default: one per core)"
    )
    parser.add_argument(
        "--time_limit", metavar="S", type=at_least_one, default=600, help="seconds for one video (default: 600)"
    )
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    return parser


def summary_lines(summary: ReencodeSummary) -> list[tuple[str, str]]:
    """Say what was done."""
    kept = summary.num_videos - summary.num_written
    before, after = summary.num_bytes_before, summary.num_bytes_after
    ratio = f", {after / before:.2f} of it" if before else ""
    lines = [
        ("videos", f"{summary.num_written:,} written, {kept:,} there before; {summary.num_frames:,} frames in all"),
        ("size", f"{megabytes(before)} before, {megabytes(after)} after{ratio}"),
    ]
    if summary.num_unreadable:
        lines.append(("left out", f"{summary.num_unreadable:,} unreadable; listed in {summary.directory / SKIPPED}"))
    return [*lines, ("written", str(summary.directory))]

"""``rs-semisup select``: choose pseudo-labelled images by confidence, balanced over the classes, as a new index."""

import typing
from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.index import counted, say
from rs_core.cli.parser import CommandParser
from rs_core.cores import num_cores
from rs_semisup.select.config import Labels, SelectConfig
from rs_semisup.select.report import SelectionReport
from rs_semisup.select.selection import REPORT, select

# So many classes without an image are named.
MOST_NAMED = 3


def run(arguments: list[str]) -> None:
    """Write the new index with its report; print what was chosen, and where it is as the last line."""
    options = make_parser().parse_args(arguments)
    config = SelectConfig(**vars(options) | {"held_out": tuple(options.held_out)})
    say(lines(select(config, FileProgress), config))
    print(f"index: {config.out}")


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "select",
        "Choose images by what a teacher predicts, the most certain of each class, as a new index of the same files. "
        "Classes with too few are filled up with copies. A report with pictures is written beside.",
        program="rs-semisup",
    )
    parser.add_argument(
        "--predictions", metavar="PREDICTIONS", type=Path, required=True, help="folder that rs-semisup label wrote"
    )
    parser.add_argument("--index", metavar="INDEX", type=Path, required=True, help="the index that was labelled")
    parser.add_argument("--out", metavar="SELECTED", type=Path, required=True, help="folder of the new index")
    parser.add_argument("--root", default="", help="where the indexed files are now, if they were moved as a whole")
    parser.add_argument(
        "--threshold", metavar="P", type=float, default=0.3, help="least confidence of an image (default: 0.3)"
    )
    parser.add_argument(
        "--per_class", metavar="N", type=int, default=130_000, help="images of each class (default: 130000)"
    )
    parser.add_argument(
        "--no_copies",
        dest="duplicate",
        action="store_false",
        help="leave classes with fewer images as they are",
    )
    parser.add_argument(
        "--max_copies", metavar="N", type=int, default=0, help="rows of one image at most (default: no limit)"
    )
    parser.add_argument(
        "--labels",
        choices=typing.get_args(Labels),
        default="soft",
        help="probabilities of the likeliest classes (default), or the likeliest class alone",
    )
    parser.add_argument(
        "--labelled", metavar="INDEX", type=Path, help="the labelled images, which are not to be chosen again"
    )
    parser.add_argument(
        "--held_out",
        metavar="INDEX",
        type=Path,
        nargs="+",
        default=[],
        help="the images of evaluations, which are not to be chosen at all",
    )
    parser.add_argument(
        "--max_hash_distance",
        metavar="BITS",
        type=int,
        default=-1,
        help="bits of the perceptual hash in which an image may differ from one of those to count as the same, 0 to 12 "
        "(default: compare the exact bytes alone)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the rounding of copies (default: 0)")
    parser.add_argument(
        "--memory_limit",
        metavar="SIZE",
        default="2GB",
        help="of the database; beyond, it writes to the temporary folder (default: 2GB)",
    )
    parser.add_argument(
        "--num_workers",
        metavar="N",
        type=int,
        default=num_cores(),
        help="processes and threads (default: one per core); the result does not depend on it",
    )
    return parser


def lines(report: SelectionReport, config: SelectConfig) -> list[tuple[str, str]]:
    """Say what was chosen, and what was left out; zeros are left out."""
    kinds = (
        (report.num_unreadable, "unreadable"),
        (report.num_below, f"below {config.threshold:g}"),
        *((number, f"duplicate ({kind})") for kind, number in report.num_removed.items()),
        (report.num_over, f"beyond {config.per_class:,} of their class"),
    )
    left_out = [f"{number:,} {kind}" for number, kind in kinds if number]
    said = [
        ("rows", f"{report.num_rows:,} of {config.index}"),
        ("left out", ", ".join(left_out) or "none"),
        ("chosen", f"{counted(report.num_images, 'image')}, {report.num_duplicated:,} of them more than once"),
        ("per class", f"{report.per_class_after} rows (min / median / max), before {report.per_class_before}"),
    ]
    if report.num_not_compared:
        said.append(("note", f"{counted(report.num_not_compared, 'image')} to compare with cannot be read"))
    if report.empty_classes:
        named = ", ".join(report.empty_classes[:MOST_NAMED])
        more = ", …" if len(report.empty_classes) > MOST_NAMED else ""
        said.append(("note", f"no image of {len(report.empty_classes):,} of the classes: {named}{more}"))
    return [
        *said,
        ("written", f"{report.num_selected:,} rows in {report.seconds:,.1f} seconds"),
        ("report", str(report.directory / REPORT / "report.md")),
    ]

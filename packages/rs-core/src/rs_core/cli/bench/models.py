"""``rs-core bench ROW …``: what networks cost and take on this machine, side by side."""

import argparse
import json
import math
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path

from rs_core.bench.models.machine import describe_machine
from rs_core.bench.models.measurement import measure
from rs_core.bench.models.report import Report, check_top1, line_reports, row_reports, with_top1
from rs_core.bench.models.report_file import as_dict, read_report
from rs_core.bench.models.rows import GROUPS, parse_rows
from rs_core.bench.models.settings import BATCH_SIZE, MemoryFormat, Mode, Precision, all_settings, lines_of
from rs_core.bench.models.table import report_text
from rs_core.bench.models.write import check_folder, write_pictures
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.errors import UserError, nearest

DESCRIPTION = (
    "Count and time networks of images side by side, the paper's figures beside yours. A ROW is MODEL@RESOLUTION, such "
    "as resnet_rs_50@160; MODEL for all resolutions that are published of it, such as efficientnet_b2; or a group: "
    f"{', '.join(GROUPS)}. rs-core bench loader measures the input pipeline instead."
)


def run(arguments: list[str]) -> None:
    """Measure rows, or read what was measured, and show it.

    Raises:
        UserError: an unknown row or option, or what cannot be measured here.
    """
    options = arguments_parser().parse_intermixed_args(arguments)
    own_top1 = dict(options.top1)
    if options.plot:
        check_folder(options.plot)
    if options.source and options.rows:
        raise UserError("give rows to measure, or --from FILE to show what was measured, not both")
    if options.source:
        report = with_top1(read_report(options.source), own_top1)
    elif options.rows:
        report = measured(options, own_top1)
    else:
        raise nothing_to_measure()
    print(json.dumps(as_dict(report), indent=2) if options.json else report_text(report))
    if options.plot:
        for path in write_pictures(report, options.plot):
            tell(f"wrote {path}")


def nothing_to_measure() -> UserError:
    """Say what can be measured."""
    from rs_core.train.next_steps import command  # noqa: PLC0415  # needs the train extra, which the rest does not

    program = command("rs-core")
    return UserError(
        f"name rows, such as {program} bench resnet_rs_101@160 efficientnet_b2, or {program} bench loader; "
        f"{program} bench --help tells more"
    )


def arguments_parser() -> CommandParser:
    """Describe the arguments."""
    parser = CommandParser("bench", DESCRIPTION)
    parser.add_argument("rows", metavar="ROW", nargs="*", help="what to measure")
    add_list(parser, "--mode", "training,inference", typing.get_args(Mode))
    add_list(parser, "--precision", "float32", typing.get_args(Precision))
    add_list(parser, "--memory_format", "channels_last", typing.get_args(MemoryFormat))
    add_list(parser, "--compile", "off", ("off", "on"))
    parser.add_argument(
        "--device", metavar="LIST", type=lambda text: text.split(","), default="auto", help="cpu, cuda, cuda:1, …"
    )
    defaults = ", ".join(f"{size} on {device}" for device, size in BATCH_SIZE.items())
    parser.add_argument(
        "--batch_size", type=at_least_one, default=0, help=f"halved until it fits, which is told (default: {defaults})"
    )
    parser.add_argument("--seconds", type=positive, default=6.0, help="that a line is timed, in all (default: 6)")
    parser.add_argument("--rounds", type=at_least_one, default=3, help="processes that share them (default: 3)")
    parser.add_argument("--threads", type=at_least_one, default=0, help="of the processor (default: PyTorch's choice)")
    parser.add_argument(
        "--top1", metavar="ROW=83.1", type=own_accuracy, nargs="+", action="extend", default=[],
        help="your accuracy of a row, instead of the published one",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--plot", metavar="DIR", type=Path, help="write speed against accuracy there (PNG, SVG) and bench.html"
    )
    parser.add_argument("--from", metavar="FILE", dest="source", type=Path, help="show what --json printed before")
    return parser


def add_list(parser: CommandParser, option: str, default: str, known: Sequence[str]) -> None:
    """Add an option that takes one or more of the known words."""
    meaning = f"of {', '.join(known)}; each combination is a line (default: {default})"
    parser.add_argument(option, metavar="LIST", type=words(known), default=default, help=meaning)


def words(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Give what reads a list such as ``off,on``, each word of which must be known."""

    def read(text: str) -> list[str]:
        for word in text.split(","):
            if word not in known:
                raise argparse.ArgumentTypeError(
                    f"{word!r}: choose from {', '.join(known)}{nearest(word, list(known))}"
                )
        return list(dict.fromkeys(text.split(",")))

    return read


def positive(text: str) -> float:
    """Read a time above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: give a time above 0")
    return number


def own_accuracy(text: str) -> tuple[str, float]:
    """Read ``ROW=83.1``."""
    row, _equals, top1 = text.partition("=")
    try:
        number = float(top1)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text!r}: write ROW=83.1, in per cent")
    return row, number


def measured(options: argparse.Namespace, own_top1: dict[str, float]) -> Report:
    """Count and measure the rows in all settings; all that can be wrong is found before the first measurement.

    Raises:
        UserError: an unknown row, or a setting that is not possible here.
    """
    rows = parse_rows(options.rows)
    check_top1(own_top1, [str(row) for row in rows])
    settings = all_settings(
        modes=options.mode,
        devices=options.device,
        precisions=options.precision,
        memory_formats=options.memory_format,
        compiled=[word == "on" for word in options.compile],
    )
    counted = row_reports(rows, own_top1)
    lines = lines_of(rows, settings, options.batch_size)
    measurements = measure(
        lines, seconds=options.seconds, num_rounds=options.rounds, num_threads=options.threads, tell=tell
    )
    return Report(
        machine=describe_machine(settings, options.threads),
        seconds=options.seconds,
        rows=counted,
        lines=line_reports(lines, measurements),
    )


def tell(text: str) -> None:
    """Say how far it is, where it does not meet the result."""
    print(text, file=sys.stderr, flush=True)

"""``rs-semisup study``: what noise and pseudo-labels gain, on the built-in digits."""

import datetime
from pathlib import Path

from rs_core.cli.parser import CommandParser, at_least_one


def run(arguments: list[str]) -> None:
    """Print a line for each run and the table; the last line on stdout is the folder."""
    parser = CommandParser(
        "study",
        "From a few labels to a noisy student on the built-in digits: teacher, labels, selection, joint training.",
        program="rs-semisup",
    )
    parser.add_argument("--seeds", type=at_least_one, default=3, help="how many; each draws other labels (default: 3)")
    parser.add_argument(
        "--labels_per_class", type=at_least_one, default=2, help="labelled images of each digit (default: 2)"
    )
    parser.add_argument("--threshold", type=float, default=0.3, help="of the teacher's confidence (default: 0.3)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default: auto)")
    parser.add_argument("--out", default="", help="folder of the runs (default: runs/study-DATE-TIME)")
    options = parser.parse_args(arguments)
    from rs_semisup.study.run import StudyConfig, run_study  # noqa: PLC0415  # mistakes in the arguments show at once
    from rs_semisup.study.table import table_lines  # noqa: PLC0415

    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    config = StudyConfig(
        out=options.out or f"runs/study-{now}",
        seeds=options.seeds,
        labels_per_class=options.labels_per_class,
        threshold=options.threshold,
        device=options.device,
    )
    result = run_study(config)
    print()
    print(*table_lines(result), sep="\n")
    print(f"{result.seconds:.0f} s; read {Path(config.out)}/report.md")
    print(f"study: {config.out}")

"""Whether repeated runs of `rs-core bench` differ by less than the intervals that they state.

    python benchmarks/latency_intervals.py --json                  # 5 runs of 4 rows, both modes: about 15 minutes
    python benchmarks/latency_intervals.py --runs 3 resnet_18@64   # a quick look

Each run measures all rows anew, as the command does. For every line, each run is compared with the next: their means
must differ by less than the interval of a difference that the two stated half-widths give, the root of the sum of their
squares. The promise is 9 of 10 comparisons on an idle machine. `within_the_narrower` counts by the narrower of the two
half-widths alone, which is stricter than what 95 % says.
"""

import argparse
import dataclasses
import math
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from record import describe_hardware, write_record

from rs_core.bench.models.measurement import Measurement, measure
from rs_core.bench.models.rows import parse_rows
from rs_core.bench.models.settings import Line, all_settings, lines_of

ROWS = ("resnet_18@64", "resnet_50@64", "resnet_rs_50@64", "efficientnet_b0@64")


def main() -> None:
    """Measure the rows again and again, print how far runs are apart, and count."""
    args = parse_args()
    settings = all_settings(
        modes=["training", "inference"],
        devices=[args.device],
        precisions=["float32"],
        memory_formats=["channels_last"],
        compiled=[False],
    )
    lines = lines_of(parse_rows(args.rows), settings, args.batch_size)
    runs = []
    for number in range(args.runs):
        print(f"run {number + 1} of {args.runs}", file=sys.stderr, flush=True)
        runs.append(measure(lines, seconds=args.seconds, num_rounds=args.rounds))
    rows = [comparison(line, measurements) for line, measurements in zip(lines, zip(*runs, strict=True), strict=True)]
    for row in rows:
        print(describe(row))
    counts = {name: sum(row[name] for row in rows) for name in ("comparisons", "within", "within_the_narrower")}
    print(
        f"{counts['within']} of {counts['comparisons']} comparisons are within their interval, "
        f"{counts['within_the_narrower']} within the narrower of the two"
    )
    if args.json:
        print(f"wrote {write_record(__file__, describe_hardware(), {**vars(args), **counts}, rows)}")


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=list(ROWS), help="as rs-core bench takes them")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each line in a run")
    parser.add_argument("--rounds", type=int, default=3, help="processes that share them")
    parser.add_argument("--json", action="store_true", help="write benchmarks/latency_intervals_<hardware>.json")
    return parser.parse_args()


def comparison(line: Line, measurements: Sequence[Measurement]) -> dict[str, Any]:
    """Compare each run of a line with the next."""
    pairs = [(mean(a) - mean(b), width(a), width(b)) for a, b in pairwise(measurements)]
    return {
        "line": f"{line.row} {line.setting}",
        "comparisons": len(pairs),
        "within": sum(abs(difference) <= math.hypot(a, b) for difference, a, b in pairs),
        "within_the_narrower": sum(abs(difference) <= min(a, b) for difference, a, b in pairs),
        "runs": [dataclasses.asdict(one) for one in measurements],
    }


def mean(one: Measurement) -> float:
    """Give the latency in seconds; a line without one ends the benchmark."""
    if one.latency_seconds is None:
        raise SystemExit(f"not measured: {one.status}, {one.reason}")
    return one.latency_seconds


def width(one: Measurement) -> float:
    """Give half the stated interval in seconds."""
    return one.latency_half_width or 0.0


def describe(row: dict[str, Any]) -> str:
    """Give one line of the table."""
    runs = "  ".join(f"{1000 * r['latency_seconds']:.2f} ± {1000 * r['latency_half_width']:.2f}" for r in row["runs"])
    return f"{row['within']}/{row['comparisons']}  {row['line']}:  {runs} ms"


if __name__ == "__main__":
    main()

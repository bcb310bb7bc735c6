"""What the study found, as a table."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rs_semisup.study.variants import BASELINE


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """Top-1 in per cent by row of the table, one value a seed, and how long all of it took."""

    top1: Mapping[str, Sequence[float]]
    seconds: float

    def gain(self, name: str) -> float:
        """Give the points of top-1 that a row has over labelled images alone, mean over the seeds."""
        return statistics.mean(self.top1[name]) - statistics.mean(self.top1[BASELINE])


def table_lines(result: StudyResult) -> list[str]:
    """Give the table: mean, spread and gain of each row, then each seed's value."""
    num_seeds = len(result.top1[BASELINE])
    seeds = "".join(f"  {f'seed {seed}':>7}" for seed in range(num_seeds))
    lines = [f"{'top-1 in per cent':28}  {'mean':>6}  {'spread':>6}  {'gain':>6}{seeds}"]
    for name, values in result.top1.items():
        gain = f"{result.gain(name):+6.2f}" if name != BASELINE else " " * 6
        each = "".join(f"  {value:7.2f}" for value in values)
        lines.append(f"{name:28}  {statistics.mean(values):6.2f}  {spread(values):6.2f}  {gain}{each}")
    return lines


def spread(values: Sequence[float]) -> float:
    """Give the standard deviation of a sample, 0 of one value."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def report(labels_per_class: int, result: StudyResult) -> str:
    """Write the page of the study."""
    table = "\n".join(table_lines(result))
    return f"""# What pseudo-labels and noise gain on the built-in digits

{labels_per_class} labelled images of each digit; the other training images have the labels that the first run, on
labelled images alone, gives them. All runs take as many steps with as many images each, and are judged on the 359
held-out digits. Spread is the standard deviation over the seeds, each of which draws other labels, weights and orders.

```
{table}
```

{result.seconds:.0f} seconds in all. Each run is in a folder of its own below `seed0`, `seed1`, …, with its settings,
curves and report; `selected` there is the index of the pseudo-labelled images with the report of their selection.
"""

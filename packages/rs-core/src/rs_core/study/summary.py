"""Means and spreads over seeds, and the table and picture of them."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table: what is measured, and one value for each seed in each column.

    Args:
        name: of the row.
        unit: of its values, and whether more is better.
        values: by column.
    """

    name: str
    unit: str
    values: Mapping[str, Sequence[float]]


def spread(values: Sequence[float]) -> float:
    """Give the standard deviation of a sample, 0 of one value."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def markdown_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Give the table: mean and standard deviation over the seeds.

    >>> print(markdown_table([Row(name="VOC", unit="AP", values={"random": [40.0, 44.0]})], ["random"]))
    | task | figure | random |
    | --- | --- | --- |
    | VOC | AP | 42.00 ± 2.83 |
    """
    lines = [["task", "figure", *columns], ["---"] * (2 + len(columns))]
    lines += [[row.name, row.unit, *(in_words(row.values.get(column, ())) for column in columns)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def in_words(values: Sequence[float]) -> str:
    """Give mean and spread, and a hyphen where there is no value."""
    if not values:
        return "-"
    mean = f"{statistics.mean(values):.2f}"
    return f"{mean} ± {spread(values):.2f}" if len(values) > 1 else mean


def draw_rows(rows: Sequence[Row], columns: Sequence[str], path: Path, title: str) -> None:
    """Draw a panel for each row, every seed a dot, the mean a bar with its spread; PNG or SVG by the name."""
    figure = Figure(figsize=(2.6 * len(rows) + 0.6, 4.2), dpi=120, layout="constrained")
    figure.suptitle(title)
    for axes, row in zip(figure.subplots(1, len(rows), squeeze=False)[0], rows, strict=True):
        for place, column in enumerate(columns):
            values = row.values.get(column, ())
            if not values:
                continue
            colour = COLOURS[place % len(COLOURS)]
            axes.errorbar(
                place, statistics.mean(values), spread(values), fmt="_", markersize=26, capsize=6, color=colour, lw=1.8
            )
            offsets = [place + 0.16 * (i - (len(values) - 1) / 2) for i in range(len(values))]
            axes.plot(offsets, values, "o", color=colour, markersize=5, alpha=0.6)
        axes.set_title(row.name, fontsize=10)
        axes.set_ylabel(row.unit)
        axes.set_xticks(range(len(columns)), columns, rotation=20, ha="right", fontsize=9)
        axes.set_xlim(-0.6, len(columns) - 0.4)
        axes.margins(y=0.15)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)

"""What each row of a ladder brings, as a picture: published and ours side by side."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from rs_core.study.ladder.results import RowResult
from rs_core.study.summary import spread

PUBLISHED, OURS = "#9a9a9a", "#0072b2"
HEIGHT = 0.36


def draw_gains(results: Sequence[RowResult], path: Path, title: str) -> None:
    """Draw two bars for each row that has a parent, ours with a dot for each seed; PNG or SVG by the name."""
    rows = [row for row in results if row.parent]
    figure = Figure(figsize=(8.0, 1.4 + 0.42 * max(1, len(rows))), dpi=120, layout="constrained")
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots()
    for place, row in enumerate(rows):
        if row.published_gain is not None:
            axes.barh(place - HEIGHT / 2, row.published_gain, HEIGHT, color=PUBLISHED)
        if row.gains:
            mean, deviation = statistics.mean(row.gains), spread(row.gains)
            axes.barh(place + HEIGHT / 2, mean, HEIGHT, color=OURS, xerr=deviation, ecolor="black", capsize=3)
            axes.plot(row.gains, [place + HEIGHT / 2] * len(row.gains), "o", color="black", markersize=3, alpha=0.6)
    for label, colour in (("published", PUBLISHED), ("ours: mean, spread and each seed", OURS)):
        axes.barh(0, 0, color=colour, label=label)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=9)
    axes.invert_yaxis()
    axes.axvline(0, color="black", lw=0.8)
    axes.set_xlabel("points of top-1 over the row before it")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    figure.savefig(path)

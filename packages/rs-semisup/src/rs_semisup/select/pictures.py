"""The predictions and the selection as two pictures."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from rs_core.train.curves import BLUE, ORANGE
from rs_semisup.select.counts import NUM_BINS

GREY = "#888888"
SHOWN_BINS = 100

# From here on the fullest class makes the others too small to see on a linear axis.
UNEVEN = 20


def draw_confidence(predicted: NDArray[np.int64], threshold: float, path: Path) -> None:
    """Draw how many predictions have which confidence, in steps of a hundredth, into a PNG of 1000 x 450 pixels.

    ``predicted`` are counts of shape [classes, bins], as in ``Counts``.
    """
    shown = hundredths(predicted)
    starts = np.arange(SHOWN_BINS) / SHOWN_BINS
    figure, axes = _panel("confidence of all predictions")
    axes.bar(
        starts, shown, 1 / SHOWN_BINS, align="edge", color=np.where(starts + 0.5 / SHOWN_BINS < threshold, GREY, BLUE)
    )
    axes.axvline(threshold, color=ORANGE, label=f"threshold {threshold:g}")
    axes.set(xlabel="probability of the likeliest class", ylabel="images in a hundredth", xlim=(0, 1))
    axes.legend(frameon=False)
    figure.savefig(path)


def hundredths(predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum counts of shape [classes, bins] over classes, into 100 bins; a confidence of 1 counts to the last."""
    fine = predicted.sum(axis=0)
    fine[-2] += fine[-1]
    coarse: NDArray[np.int64] = fine[:-1].reshape(SHOWN_BINS, NUM_BINS // SHOWN_BINS).sum(axis=1)
    return coarse


def draw_classes(predicted: NDArray[np.int64], before: NDArray[np.int64], after: NDArray[np.int64], path: Path) -> None:
    """Draw the images of each class, int64 of shape [classes], each line sorted, into a PNG of 1000 x 450 pixels."""
    figure, axes = _panel("images of each class")
    places = np.arange(1, len(before) + 1)
    for numbers, label, colour in (
        (predicted, "predicted", GREY),
        (before, "certain enough and no duplicate", BLUE),
        (after, "selected, with copies", ORANGE),
    ):
        axes.step(places, np.sort(numbers)[::-1], where="mid", label=label, color=colour, linewidth=1.5)
    if predicted.max() > UNEVEN * max(1, predicted.min()):
        axes.set_yscale("symlog", linthresh=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="classes, the fullest first (each line in its own order)", ylabel="images", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(path)


def _panel(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10, 4.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes

"""The curves of a run as one picture."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Missing, it is told before a run and not at its end; imported, it would take a good part of every start.
if find_spec("matplotlib") is None:
    raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"


def draw_curves(rows: list[dict[str, Any]], path: Path, title: str) -> None:
    """Draw loss, held-out accuracy and learning rate over steps into a PNG of 1500 x 450 pixels."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(15, 4.5), dpi=100)
    figure.subplots_adjust(left=0.04, right=0.985, bottom=0.12, top=0.85, wspace=0.16)
    figure.suptitle(title)
    loss, accuracy, rate = figure.subplots(1, 3)
    # What a teacher adds is hundreds of times larger.
    train = "train/loss_labels" if any("train/loss_labels" in row for row in rows) else "train/loss"
    losses = {train: ("train, smoothed and augmented", BLUE), "val/loss": ("held out", ORANGE)}
    draw(loss, rows, losses | {"test/loss": ("test", GREEN)})
    loss.set(title="cross-entropy", ylim=(0, None))
    shares = {"val/top1": ("held out, top-1", ORANGE), "val/contrastive_top1": ("held out, contrastive top-1", ORANGE)}
    draw(accuracy, rows, shares | {"test/top1": ("test, top-1", GREEN)})
    accuracy.set(title="accuracy in %")
    draw(rate, rows, {"train/learning_rate": ("learning rate", BLUE)})
    rate.set(title="learning rate", ylim=(0, None))
    figure.savefig(path)


def draw(axes: "Axes", rows: list[dict[str, Any]], lines: dict[str, tuple[str, str]]) -> None:
    """Draw the figures named by the keys of ``lines``, each with its label and colour."""
    for name, (label, colour) in lines.items():
        points = [(row["step"], row[name]) for row in rows if name in row]
        if points:
            marker = "o" if len(points) == 1 else None  # a line needs two
            axes.plot(*zip(*points, strict=True), label=label, color=colour, linewidth=1.5, marker=marker)
    axes.set_xlabel("optimiser step")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        axes.legend(frameon=False)

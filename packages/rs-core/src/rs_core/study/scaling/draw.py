"""The picture: error against FLOPs and against the time of a training step, a panel for each number of epochs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from rs_core.study.scaling.fit import PowerLaw
from rs_core.study.scaling.results import Result
from rs_core.study.summary import COLOURS

MARKERS = "osD^vP*X"


def draw_scaling(results: Sequence[Result], laws: Mapping[float, PowerLaw | None], path: Path, step: str) -> None:
    """Draw colours by resolution and marks by depth, with the power laws where they hold; PNG or SVG by the name.

    ``step`` says what training step the time is of.
    """
    all_epochs = sorted({result.point.epochs for result in results})
    figure = Figure(figsize=(5.2 * len(all_epochs), 8.4), dpi=110, layout="constrained")
    figure.suptitle(f"Time is that of {step}", fontsize=10)
    rows = figure.subplots(2, len(all_epochs), squeeze=False)
    for place, epochs in enumerate(all_epochs):
        shown = [result for result in results if result.point.epochs == epochs]
        of_flops, of_time = rows[0][place], rows[1][place]
        draw_results(of_flops, [(result, result.flops) for result in shown], results)
        law = laws.get(epochs)
        if law is not None:
            ends = (law.smallest, law.largest)
            label = f"{law.coefficient:.3g} · FLOPs^{law.exponent:.3f}"
            of_flops.plot(ends, [law.error(end) for end in ends], "k--", lw=1.2, label=label)
        of_flops.set(title=f"{epochs:g} epochs", xlabel="FLOPs of an image")
        draw_results(of_time, [(result, result.step_ms) for result in shown if result.step_ms is not None], results)
        of_time.set(xlabel="milliseconds of a training step")
        of_flops.legend(fontsize=8, ncols=2)
    figure.savefig(path)


def draw_results(axes: Axes, costs: Sequence[tuple[Result, float]], all_results: Sequence[Result]) -> None:
    """Draw error over cost, with the spread over the seeds; sizes of marks follow widths."""
    resolutions = sorted({result.point.network.resolution for result in all_results})
    depths = sorted({result.point.network.depth for result in all_results})
    widths = sorted({result.point.network.width for result in all_results})
    for result, cost in costs:
        network = result.point.network
        axes.errorbar(
            cost,
            result.error,
            result.error_spread,
            marker=MARKERS[depths.index(network.depth) % len(MARKERS)],
            markersize=4 + 2 * widths.index(network.width),
            color=COLOURS[resolutions.index(network.resolution) % len(COLOURS)],
            alpha=0.75,
            linestyle="none",
        )
    for place, resolution in enumerate(resolutions):
        axes.plot([], [], "o", color=COLOURS[place % len(COLOURS)], label=f"{resolution} px")
    for place, depth in enumerate(depths):
        axes.plot([], [], MARKERS[place % len(MARKERS)], color="grey", label=f"depth {depth}")
    axes.set_xscale("log")
    label_few_values(axes.xaxis)
    if all(result.error > 0 for result, _ in costs):
        axes.set_yscale("log")
        label_few_values(axes.yaxis)
    axes.set_ylabel("held-out error, % (larger mark: wider)")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def label_few_values(axis: Axis) -> None:
    """Label 1, 2 and 5 of each power of ten, with M for millions: a grid may span less than one power."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_minor_locator(NullLocator())

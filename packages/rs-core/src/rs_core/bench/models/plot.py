"""The picture of speed against accuracy, as figures 4 and 5 of the paper have it."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rs_core.atomic import write_atomically
from rs_core.bench.models.labels import place_labels
from rs_core.bench.models.pareto import Point, frontier
from rs_core.bench.models.rows import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colour, marker and words of each family.
STYLES = {
    "resnet_rs": ("#0072b2", "o", "ResNet-RS"),
    "efficientnet": ("#d55e00", "s", "EfficientNet"),
    "efficientnet_rs": ("#009e73", "^", "EfficientNet-RS"),
    "resnet_d": ("#cc79a7", "D", "ResNet-D"),
    "resnet": ("#b58900", "v", "ResNet"),
}

SHORT = (("efficientnet_rs_b", "RS-B"), ("efficientnet_b", "B"), ("resnet_rs_", "RS-"), ("resnet_d_", "D-"))

# Text and axes have this colour, to be found in an SVG again and left to the page that shows it.
INK = "#16181c"


def short_name(row: Row) -> str:
    """Give a row's name as a label.

    >>> short_name(Row("resnet_rs_50", 160)), short_name(Row("efficientnet_rs_b4", 224))
    ('RS-50@160', 'RS-B4@224')
    """
    for prefix, short in SHORT:
        if row.model.startswith(prefix):
            return str(row).replace(prefix, short)
    return str(row)


def draw_pareto(points: Sequence[Point], title: str) -> "Figure":
    """Draw time of an image against top-1, with the frontier as a line and its points filled."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # takes a good part of a second

    figure = Figure(figsize=(9.5, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    best = frontier(points)
    axes.step(
        [point.ms_per_image for point in best],
        [point.top1 for point in best],
        where="post",
        color=INK,
        linewidth=1.2,
        linestyle=(0, (4, 3)),
        alpha=0.6,
        label="frontier",
        zorder=1,
    )
    for family, (color, marker, words) in STYLES.items():
        draw_family(axes, [point for point in points if point.row.family == family], best, color, marker, words)
    axes.set(xscale="log", xlabel="ms per image (95 % intervals)", ylabel="ImageNet top-1 in %")
    axes.set_title(title, color=INK, fontsize=11)
    axes.margins(0.09)
    mark_times(axes, [point.ms_per_image for point in points])
    axes.grid(alpha=0.25, color="#888888")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(which="both", colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.legend(frameon=False, loc="lower right", labelcolor=INK)
    names = [short_name(point.row) + ("~" if point.top1_source.startswith("read off") else "") for point in points]
    colors = [STYLES[point.row.family][0] for point in points]
    place_labels(axes, [(point.ms_per_image, point.top1) for point in points], names, colors)
    return figure


def draw_family(
    axes: "Axes", points: Sequence[Point], best: Sequence[Point], color: str, marker: str, words: str
) -> None:
    """Draw the points of one family; those that are beaten are hollow."""
    if not points:
        return
    x, y = [point.ms_per_image for point in points], [point.top1 for point in points]
    widths = [point.half_width for point in points]
    axes.errorbar(x, y, xerr=widths, fmt="none", ecolor=color, elinewidth=1, capsize=2, alpha=0.7, zorder=2)
    faces = [color if point in best else "none" for point in points]
    axes.scatter(x, y, s=46, marker=marker, facecolors=faces, edgecolors=color, linewidths=1.5, zorder=3)
    axes.scatter([], [], s=46, marker=marker, color=color, label=words)


def mark_times(axes: "Axes", times: Sequence[float]) -> None:
    """Write plain numbers on the logarithmic axis, and more of them where it spans less than a decade or so."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415

    narrow = max(times) < 12 * min(times)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 7) if narrow else (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def write_png(figure: "Figure", path: Path) -> None:
    """Write the picture as pixels, on white."""
    write_atomically(path, lambda file: figure.savefig(file, format="png"))


def svg_text(figure: "Figure", *, background: bool) -> str:
    """Give the picture as SVG, whose text stays text: the same bytes for the same picture, without a date.

    Without ``background`` it is to stand inside an HTML page: no prolog, and text and axes in the colour of the page.
    """
    from matplotlib import rc_context  # noqa: PLC0415

    buffer = io.StringIO()
    no_metadata: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "rs-core bench"}):
        figure.savefig(buffer, format="svg", transparent=not background, metadata=no_metadata)
    text = buffer.getvalue()
    return text if background else text[text.index("<svg") :].replace(INK, "currentColor")

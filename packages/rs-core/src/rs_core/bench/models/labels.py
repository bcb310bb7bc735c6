"""Names beside the points of a picture, where they cover as little as can be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

FONT_SIZE = 8

# Where a name may stand, in points from its dot: off the line of its interval first, then further away.
PLACES = tuple(
    (x * reach, y * reach)
    for reach in (1.0, 1.9, 3.0)
    for x, y in ((5, 6), (-5, 6), (5, -12), (-5, -12), (8, -3), (-8, -3), (0, 9), (0, -15))
)

# Half the side of a dot, in pixels, with some air.
DOT = 7.0


def place_labels(
    axes: "Axes", dots: Sequence[tuple[float, float]], names: Sequence[str], colors: Sequence[str]
) -> None:
    """Write each name in the first place where it covers no dot and no other name, else where it covers least.

    The limits of the axes must be final.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.transforms import Bbox  # noqa: PLC0415

    canvas = FigureCanvasAgg(axes.get_figure(root=True))
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    pixels = axes.transData.transform(dots)
    covered = [Bbox.from_extents(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in pixels]
    frame = axes.get_window_extent()
    for dot, name, color in zip(dots, names, colors, strict=True):
        label = axes.annotate(
            name, dot, xytext=PLACES[0], textcoords="offset points", fontsize=FONT_SIZE, color=color, zorder=4
        )
        costs = []
        for x, y in PLACES:
            label.set_position((x, y))
            label.set_horizontalalignment("left" if x > 0 else "right" if x < 0 else "center")
            box = label.get_window_extent(renderer)
            outside = box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
            costs.append(sum(overlap(box, other) for other in covered) + (1e6 if outside else 0.0))
        x, y = PLACES[costs.index(min(costs))]
        label.set_position((x, y))
        label.set_horizontalalignment("left" if x > 0 else "right" if x < 0 else "center")
        covered.append(label.get_window_extent(renderer))


def overlap(one: "Bbox", other: "Bbox") -> float:
    """Give the square pixels that two boxes share."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(width, 0.0) * max(height, 0.0))

"""A sheet of small images with what a teacher takes them for."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from rs_core.data.decode import DecodeConfig, decode_image
from rs_core.data.index import SampleIndex
from rs_core.errors import UserError

COLUMNS, ROWS = 8, 4
NUM_IMAGES = COLUMNS * ROWS
PIXELS = 144
MOST_LETTERS = 20


def draw_sheet(index: SampleIndex, rows: NDArray[np.int64], decode: DecodeConfig, path: Path) -> None:
    """Draw the images of up to 32 rows, class and confidence under each, into a PNG of 1280 x 800 pixels.

    One that cannot be read, or is no longer there, has a place that says so.
    """
    figure = Figure(figsize=(12.8, 2 * ROWS), dpi=100)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.06, top=0.99, wspace=0.1, hspace=0.35)
    places = figure.subplots(ROWS, COLUMNS).ravel()
    for axes in places:
        axes.axis("off")
    for axes, row, encoded in zip(places, rows.tolist(), index.read_rows(rows), strict=False):
        _draw_image(axes, index, row, encoded, decode)
        name = index.class_names[int(index.labels[row])]
        short = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
        text = f"{short}\n{float(index.columns['confidence'][row]):.4f}"
        axes.text(0.5, -0.04, text, transform=axes.transAxes, ha="center", va="top", fontsize=8, parse_math=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # names of classes in any script
        figure.savefig(path)


def _draw_image(axes: Axes, index: SampleIndex, row: int, encoded: bytes | UserError, decode: DecodeConfig) -> None:
    try:
        if isinstance(encoded, UserError):
            raise encoded
        image = decode_image(encoded, partial(index.name, row), decode)
    except UserError:
        axes.text(0.5, 0.5, "cannot be read", transform=axes.transAxes, ha="center", va="center", color="grey")
        return
    image.thumbnail((PIXELS, PIXELS), Image.Resampling.LANCZOS)
    axes.imshow(image)

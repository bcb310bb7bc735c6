"""The digits that scenes show, as stickers of any size: light ink on a dark body that follows it."""

import io
from collections.abc import Iterable
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from rs_core.data.index import SampleIndex
from rs_transfer.digits import TARGET, index_some_digits

CLASS_NAMES = ("five", "six", "seven", "eight", "nine")

Part = Literal["train", "test_2007", "test_2012"]


# How far the body reaches beyond the ink, in pixels of the built-in images, of which the ink has ``DRAWN_PX``.
RIM_PX = 3


class Shape(NamedTuple):
    """A digit: which of ``CLASS_NAMES`` it is, and how much of each point is ink and how much body."""

    label: int
    ink: Image.Image
    body: Image.Image


@cache
def load_shapes(part: Part) -> tuple[Shape, ...]:
    """Load the digits that the pictures of a part show; no digit is in two parts.

    The digits held out are halved: detection trains on all pictures of VOC2012, and is tested on those of VOC2007.

    Raises:
        UserError: scikit-learn is missing.
    """
    index = index_some_digits("train" if part == "train" else "val", TARGET)
    rows = {"train": range(len(index)), "test_2007": range(0, len(index), 2), "test_2012": range(1, len(index), 2)}
    return to_shapes(index, rows[part])


def to_shapes(index: SampleIndex, rows: Iterable[int]) -> tuple[Shape, ...]:
    """Make shapes of some rows of an index of digits; their labels are those of the index."""
    return tuple(_to_shape(int(index.labels[row]), index.read(row)) for row in rows)


def draw(share: Image.Image, side_px: int) -> NDArray[np.float64]:
    """Draw ink or body, bicubic, so many pixels high and wide: its share of each, [side_px, side_px] in [0, 1].

    Contrast is doubled, so that edges stay a pixel wide in any size.
    """
    drawn = np.asarray(share.resize((side_px, side_px), Image.Resampling.BICUBIC), np.float64) / 255
    return np.clip(2 * drawn - 0.5, 0, 1)


def _to_shape(label: int, png: bytes) -> Shape:
    with Image.open(io.BytesIO(png)) as image:
        ink = image.copy()
    body = ink.filter(ImageFilter.MaxFilter(2 * RIM_PX + 1)).filter(ImageFilter.GaussianBlur(1))
    return Shape(label, ink, body)

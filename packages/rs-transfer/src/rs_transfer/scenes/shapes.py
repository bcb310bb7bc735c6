"""The digits that scenes show, as shapes of any size."""

import io
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_core.data.digits import CANVAS_PX, DRAWN_PX
from rs_transfer.digits import TARGET, index_some_digits

CLASS_NAMES = ("five", "six", "seven", "eight", "nine")

Part = Literal["train", "test_2007", "test_2012"]


class Shape(NamedTuple):
    """A digit: which of ``CLASS_NAMES`` it is, and how much of each point is ink."""

    label: int
    ink: Image.Image

    def drawn(self, side_px: int) -> NDArray[np.float64]:
        """Draw it, bicubic, so many pixels high and wide: the share of ink in each, [side_px, side_px] in [0, 1]."""
        return np.asarray(self.ink.resize((side_px, side_px), Image.Resampling.BICUBIC), np.float64) / 255


@cache
def load_shapes(part: Part) -> tuple[Shape, ...]:
    """Load the digits that the pictures of a part show; no digit is in two parts.

    The digits held out are halved: detection trains on all pictures of VOC2012, and is tested on those of VOC2007.

    Raises:
        UserError: scikit-learn is missing.
    """
    index = index_some_digits("train" if part == "train" else "val", TARGET)
    rows = {"train": range(len(index)), "test_2007": range(0, len(index), 2), "test_2012": range(1, len(index), 2)}
    return tuple(Shape(int(index.labels[row]), _without_margin(index.read(row))) for row in rows[part])


def _without_margin(png: bytes) -> Image.Image:
    margin = (CANVAS_PX - DRAWN_PX) // 2
    with Image.open(io.BytesIO(png)) as image:
        return image.crop((margin, margin, CANVAS_PX - margin, CANVAS_PX - margin))

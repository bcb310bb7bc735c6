"""The built-in data: scikit-learn's real handwritten digits, 1,797 of them. No download."""

import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.errors import UserError

HELD_OUT_EVERY = 5

# The table's 8x8 values touch all four edges, and the centre crop of evaluation would cut them.
DRAWN_PX = 24
CANVAS_PX = 32


@cache
def index_digits(split: Literal["train", "val"]) -> SampleIndex:
    """Return the digits as grey 32x32 PNG images, 1,438 to train on or 359 held out.

    The split is fixed: digit ``i`` of scikit-learn's table is held out if ``i % 5 == 4``. A sample is
    named after its row in that table, so ``digit 12`` is the same image wherever it turns up. The 8x8
    values 0..16 are scaled to 0..255 and drawn 24 px high, bicubic, in the middle of a black canvas. Raises
    ``UserError`` if scikit-learn is missing.

    >>> len(index_digits("val"))
    359
    """
    table = np.loadtxt(digits_file(), delimiter=",")
    images, labels = table[:, :-1], table[:, -1].astype(np.int64)
    held_out = np.arange(len(labels)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    rows = np.flatnonzero(held_out if split == "val" else ~held_out)
    pixels = np.rint(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    return SampleIndex(
        source=Blobs(
            images=ByteColumn.pack(_png(pixels[row]) for row in rows),
            names=ByteColumn.pack(f"digit {row}".encode() for row in rows),
        ),
        labels=labels[rows],
        class_names=tuple(str(digit) for digit in range(10)),
    )


def digits_file() -> Path:
    """Find scikit-learn's table, 64 pixels and the label in each row; importing scikit-learn would take seconds.

    Raises:
        UserError: it is not installed.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise UserError(
            "the built-in digits come with scikit-learn, which is not installed; run: pip install 'rs-core[train]'"
        )
    return Path(package.origin).parent / "datasets/data/digits.csv.gz"


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    margin = (CANVAS_PX - DRAWN_PX) // 2
    canvas = Image.new("L", (CANVAS_PX, CANVAS_PX))
    canvas.paste(Image.fromarray(pixels).resize((DRAWN_PX, DRAWN_PX), Image.Resampling.BICUBIC), (margin, margin))
    canvas.save(stream, format="PNG")
    return stream.getvalue()

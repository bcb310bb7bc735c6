"""JPEG by simplejpeg, where it is installed: libjpeg-turbo without Pillow's detour through its own image memory.

Both give the same pixels to the byte. Each brings a libjpeg-turbo of its own, whose accurate DCT and smooth upsampling
of colour are integer arithmetic: so it is on 2,744 photos of nine data sets, and tests hold it for the ways of writing
a JPEG that Pillow knows. No third decoder stands between the two: torchvision's build is a grey level off in places.
"""

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import __version__, features

try:
    simplejpeg: Any = import_module("simplejpeg")
except ModuleNotFoundError:  # no wheel for this platform; Pillow gives the same pixels, and decoder_in_use says so
    simplejpeg = None

START, END = b"\xff\xd8\xff", b"\xff\xd9"

# CMYK, which files mean in several ways, is left to Pillow.
COLOURS = ("YCbCr", "RGB", "Gray")

HUFFMAN_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive
FIRST_SEGMENTS_TO_PASS = (0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE)  # tables, application data, comments


def decoder_in_use() -> str:
    """Say what decodes JPEG here, with its version, for announcements and records.

    >>> decoder_in_use().split()[0] in ("simplejpeg", "Pillow")
    True
    """
    if simplejpeg is None:
        return f"Pillow {__version__} (libjpeg-turbo {features.version('libjpeg_turbo')}); simplejpeg is not installed"
    return f"simplejpeg {simplejpeg.__version__}"


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return height and width of a JPEG that ``jpeg_rows`` may decode; None for all else."""
    if simplejpeg is None or not data.startswith(START):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return (height, width) if colours in COLOURS else None


def is_plain(data: bytes) -> bool:
    """Tell whether a JPEG that has a ``jpeg_size`` is of the kind that every decoder reads: YCbCr or grey, 8 bits a
    value, Huffman-coded, and with its end in place.
    """
    frame = _find_frame(data)
    if frame is None or not data.endswith(END):
        return False
    _, _, colours, _ = simplejpeg.decode_jpeg_header(data)
    return colours != "RGB" and data[frame.height_at - 1] == 8


def jpeg_rows(data: bytes, stop: int, reduction: int = 1) -> NDArray[np.uint8] | None:
    """Return rows 0 to at least ``stop`` of a JPEG that has a ``jpeg_size``, [rows, width, 3]; None if it is damaged.

    Rows after ``stop`` are the most expensive part of an image that can be left out: they are not decoded at all.
    ``reduction`` 2, 4 or 8 makes the image smaller by this factor (sizes rounded up) in the DCT; ``stop`` still counts
    rows of the original.

    A truncated file, and one that libjpeg-turbo warns of when it decodes all rows, is left to Pillow, which knows
    better what can be used. Damage after ``stop`` in a file that has its end goes unnoticed, and does no harm there.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    height_left = height
    frame = _find_frame(data)
    if frame is not None and data.endswith(END):
        height_left = min(height, -(-(stop + 1) // frame.mcu_height) * frame.mcu_height)
    changed = data if frame is None or height_left == height else _with_height(data, frame, height_left)
    smallest = {"min_height": -(-height_left // reduction), "min_width": -(-width // reduction)}
    try:
        # Of the rows after the last one, libjpeg-turbo would warn as bytes too many. That the end is there, we saw.
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            changed, strict=changed is data, **(smallest if reduction > 1 else {})
        )
    except ValueError:
        return None
    return pixels


class _Frame(NamedTuple):
    """What the header says of the image: where in the file its height stands, and how many rows are coded together."""

    height_at: int
    mcu_height: int


def _find_frame(data: bytes) -> _Frame | None:
    """Return the frame if it is Huffman-coded and nothing unusual stands before it.

    ITU-T T.81, annex B: a marker is FF and a code, then the length of its segment in two bytes.
    """
    place = 2
    while place + 10 < len(data) and data[place] == 0xFF:
        code = data[place + 1]
        if code in HUFFMAN_FRAMES:
            num_components = data[place + 9]
            factors = data[place + 11 : place + 10 + 3 * num_components : 3]
            return _Frame(place + 5, 8 * max(factor & 15 for factor in factors))
        if code not in FIRST_SEGMENTS_TO_PASS:
            return None
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None


def _with_height(data: bytes, frame: _Frame, height: int) -> bytearray:
    changed = bytearray(data)
    changed[frame.height_at : frame.height_at + 2] = height.to_bytes(2)
    return changed

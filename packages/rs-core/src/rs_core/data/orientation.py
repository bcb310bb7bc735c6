"""How the camera was held, as EXIF tells it, and how to turn the photo upright."""

import io
import struct
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

ORIENTATION = 0x0112

# Transposed, then upside down, then mirrored: what each value of the tag asks for (EXIF 2.32, section 4.6.4).
STEPS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def exif_orientation(data: bytes) -> int:
    """Return the orientation tag of an image file, 1 to 8; where none can be read, 1, which is upright."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL's complaints about damaged metadata
            orientation = Image.open(io.BytesIO(data)).getexif().get(ORIENTATION, 1)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError):
        return 1  # whatever is wrong with the image, decoding it says better
    return orientation if orientation in STEPS else 1


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return an image [height, width, 3] as it has to be seen, given its orientation tag.

    >>> turn_upright(np.array([[[1], [2]]], np.uint8), 6)[..., 0].tolist()
    [[1], [2]]
    """
    transposed, upside_down, mirrored = STEPS[orientation]
    if transposed:
        pixels = pixels.transpose(1, 0, 2)
    return np.ascontiguousarray(pixels[:: -1 if upside_down else 1, :: -1 if mirrored else 1])

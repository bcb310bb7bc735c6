"""Two numbers that tell whether images are the same: to the byte, and to the eye."""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HASH_BYTES = 8

# The image is shrunk to this size, and of its frequencies the lowest of each axis are compared.
SIDE, FREQUENCIES = 32, 8

# Cosines in fixed point, so that every machine gets the same bits; sums stay below 2**63.
FIXED_POINT = 2**20


def content_hash(data: bytes) -> int:
    """Give a number below 2**64 that bytes have in common with their copies, and by chance with next to nothing else.

    It is BLAKE2b of 8 bytes. Among 130 million different images two agree once in 2,000 times.
    """
    return int.from_bytes(hashlib.blake2b(data, digest_size=HASH_BYTES).digest(), "little")


def perceptual_hash(image: Image.Image) -> int:
    """Give a number below 2**64 of which few bits change when an image is encoded anew, resized or made brighter.

    It is the pHash of the ``imagehash`` package (``imagehash.phash``): the image in grey, 32 x 32 pixels by Lanczos,
    its cosine transform, and of the 8 x 8 lowest frequencies a bit each, 1 above their median. The first bit, the
    highest of the number, is the mean grey; bits follow row by row. ``imagehash`` computes in floating point, so a bit
    may differ where a frequency is at the median.
    """
    grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.int64)
    cosines = _cosines()
    frequencies = cosines @ grey @ cosines.T
    # Twice the median, in whole numbers: that of 64 values is the mean of the two in the middle.
    middle = np.partition(frequencies.ravel(), (31, 32))[31:33].sum()
    bits = np.packbits((2 * frequencies > middle).ravel())
    return int.from_bytes(bits.tobytes(), "big")


@cache
def _cosines() -> NDArray[np.int64]:
    """Give the lowest rows of the cosine transform (type II), [FREQUENCIES, SIDE]."""
    angles = np.pi / (2 * SIDE) * np.outer(np.arange(FREQUENCIES), 2 * np.arange(SIDE) + 1)
    cosines: NDArray[np.int64] = np.rint(FIXED_POINT * np.cos(angles)).astype(np.int64)
    return cosines

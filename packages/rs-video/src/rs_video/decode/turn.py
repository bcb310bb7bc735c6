"""Pictures that a camera took lying on its side."""

import numpy as np
from numpy.typing import NDArray


def turn_upright(frames: NDArray[np.uint8], rotation: int) -> NDArray[np.uint8]:
    """Turn pictures of shape [..., H, W, 3] as a file asks for.

    Args:
        frames: as they are stored.
        rotation: in degrees anticlockwise, as FFmpeg's display matrix tells it; a multiple of 90.

    >>> turn_upright(np.zeros((2, 320, 568, 3), np.uint8), -90).shape
    (2, 568, 320, 3)
    """
    return np.rot90(frames, rotation // 90, axes=(-3, -2))

"""Drawing a digit that moves before a still background."""

import numpy as np
from numpy.typing import NDArray

from rs_video.moving_digits.motions import SIDE_PX, Floats, Path

# Brightest of the background and darkest of a digit, of 255.
BACKGROUND, FOREGROUND = 110.0, 170.0
BACKGROUND_CELLS = 4


def draw_video(digit: Floats, path: Path, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a digit along a path in random colours.

    Args:
        digit: 8x8 values in 0 to 1.
        path: of shape [frames, 3]; see ``rs_video.moving_digits.motions.Path``.
        rng: of the colours.

    Returns:
        RGB of shape [frames, SIDE_PX, SIDE_PX, 3].
    """
    columns = _weights(path[:, 0], path[:, 2], len(digit))
    rows = _weights(path[:, 1], path[:, 2], len(digit))
    cover = (rows @ digit @ columns.transpose(0, 2, 1)).astype(np.float32)
    background = _background(rng)
    color = rng.uniform(FOREGROUND, 255.0, 3).astype(np.float32)
    frames = cover[..., None] * (color - background)
    frames += background + np.float32(0.5)
    return frames.astype(np.uint8)


def _weights(middles: Floats, sizes: Floats, num_values: int) -> Floats:
    """Give how much each value of a row of the digit counts for each pixel: [frames, SIDE_PX, num_values]."""
    pixels = np.arange(SIDE_PX) + 0.5
    # The way from the middle of the digit, round the edges of the world where that is shorter.
    way = (pixels - middles[:, None] + SIDE_PX / 2) % SIDE_PX - SIDE_PX / 2
    places = way / sizes[:, None] * num_values + (num_values - 1) / 2
    return np.maximum(0.0, 1.0 - np.abs(places[..., None] - np.arange(num_values)))


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    """Give a smooth pattern of random colours, [SIDE_PX, SIDE_PX, 3]."""
    corners = rng.uniform(0.0, BACKGROUND, (BACKGROUND_CELLS, BACKGROUND_CELLS, 3))
    places = np.linspace(0, BACKGROUND_CELLS - 1, SIDE_PX)
    weights = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(BACKGROUND_CELLS)))
    pattern: NDArray[np.float32] = np.einsum("yi,ijc,xj->yxc", weights, corners, weights).astype(np.float32)
    return pattern

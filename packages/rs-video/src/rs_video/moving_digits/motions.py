"""The classes of the moving digits: how a digit's place and size go on from frame to frame.

The world is a square whose left edge meets the right one and the upper the lower, and a digit that has grown to the
largest size starts again from the smallest. So in every class, at any moment, a digit is equally likely to be anywhere,
in any size: one frame says nothing of the class.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 64
SMALLEST_PX, LARGEST_PX = 18.0, 36.0

# Pixels per frame of straight paths; frames from the smallest size to the largest.
SPEEDS = 1.0, 2.2
GROWTHS = 20.0, 32.0

SQRT_HALF = 0.5**0.5

Floats = NDArray[np.float64]

# Of each frame: x and y of the digit's middle and the side of its square, in pixels; shape [frames, 3].
Path = Floats
Motion = Callable[[np.random.Generator, Floats], Path]


def straight(step_x: float, step_y: float) -> Motion:
    """Move at a steady speed in one direction, a unit vector; ``step_y`` is positive downwards."""

    def motion(rng: np.random.Generator, frames: Floats) -> Path:
        start, speed = rng.uniform(0, SIDE_PX, 2), rng.uniform(*SPEEDS)
        return _path(start[0] + step_x * speed * frames, start[1] + step_y * speed * frames, _size(rng.random()))

    return motion


def growth(direction: int) -> Motion:
    """Stay and grow (1) or shrink (-1)."""

    def motion(rng: np.random.Generator, frames: Floats) -> Path:
        middle = rng.uniform(0, SIDE_PX, 2)
        phase = rng.random() + direction * frames / rng.uniform(*GROWTHS)
        return _path(middle[0] + 0 * frames, middle[1] + 0 * frames, _size(phase % 1))

    return motion


def _size(phase: Floats | float) -> Floats | float:
    return SMALLEST_PX * (LARGEST_PX / SMALLEST_PX) ** phase


def _path(x: Floats, y: Floats, size: Floats | float) -> Path:
    return np.stack([x, y, np.broadcast_to(size, x.shape)], axis=1)


MOTIONS: dict[str, Motion] = {
    "down": straight(0, 1),
    "down_right": straight(SQRT_HALF, SQRT_HALF),
    "growing": growth(1),
    "left": straight(-1, 0),
    "right": straight(1, 0),
    "shrinking": growth(-1),
    "up": straight(0, -1),
    "up_left": straight(-SQRT_HALF, -SQRT_HALF),
}
CLASS_NAMES = tuple(MOTIONS)

# Mirrored, left is right, and what goes up to the left is none of the classes.
HORIZONTAL_FLIP_IS_SAFE = False

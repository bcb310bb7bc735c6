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

# Pixels per frame of straight paths; radius in pixels and frames per turn of circles; frames from size to size.
SPEEDS = 1.0, 2.2
RADII_PX = 9.0, 14.0
TURNS = 16.0, 26.0
GROWTHS = 20.0, 32.0

Floats = NDArray[np.float64]

# Of each frame: x and y of the digit's middle and the side of its square, in pixels; shape [frames, 3].
Path = Floats
Motion = Callable[[np.random.Generator, Floats], Path]


def straight(step_x: float, step_y: float) -> Motion:
    """Move at a steady speed in one direction; ``step_y`` is positive downwards."""

    def motion(rng: np.random.Generator, frames: Floats) -> Path:
        start, speed = rng.uniform(0, SIDE_PX, 2), rng.uniform(*SPEEDS)
        return _path(start[0] + step_x * speed * frames, start[1] + step_y * speed * frames, _size(rng.random()))

    return motion


def circle(direction: int) -> Motion:
    """Go round a point, upright all the way; 1 is clockwise as the viewer sees it, -1 is the other way."""

    def motion(rng: np.random.Generator, frames: Floats) -> Path:
        middle, radius = rng.uniform(0, SIDE_PX, 2), rng.uniform(*RADII_PX)
        # y points down, so a growing angle turns clockwise.
        angle = rng.uniform(0, 2 * np.pi) + direction * 2 * np.pi * frames / rng.uniform(*TURNS)
        x, y = middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)
        return _path(x, y, _size(rng.random()))

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
    "clockwise": circle(1),
    "counterclockwise": circle(-1),
    "down": straight(0, 1),
    "growing": growth(1),
    "left": straight(-1, 0),
    "right": straight(1, 0),
    "shrinking": growth(-1),
    "up": straight(0, -1),
}
CLASS_NAMES = tuple(MOTIONS)

# Mirrored, left is right and clockwise is counterclockwise.
HORIZONTAL_FLIP_IS_SAFE = False

"""Textures of ground and wall: smooth random numbers over places in the world, so that they shrink with distance."""

import numpy as np
from numpy.typing import NDArray

from rs_transfer.scenes.camera import Camera, Floats

# A power of two.
CELLS = 16
OCTAVES = ((2.0, 0.6), (7.0, 0.4))


def paint_background(camera: Camera, rng: np.random.Generator) -> Floats:
    """Paint ground and wall in two random dull colours, unlit: [side_px, side_px, 3] in [0, 1]."""
    across, distance = camera.across_m(), camera.background_m()
    up = (camera.horizon_px - np.arange(camera.side_px) - 0.5) * distance / camera.length_px(1.0, 1.0)
    num_wall = int(camera.is_wall().sum())
    wall = paint(across[:num_wall], up[:num_wall], rng)
    ground = paint(across[num_wall:], distance[num_wall:], rng)
    return np.concatenate([wall, ground])


def paint(across_m: Floats, along_m: Floats, rng: np.random.Generator) -> Floats:
    """Paint a surface, given how far each pixel [H, W] and each row [H] is from its origin: [H, W, 3]."""
    colour = rng.uniform(0.25, 0.65) + rng.uniform(-0.1, 0.1, 3)
    grain = smooth_noise(across_m, np.broadcast_to(along_m[:, None], across_m.shape), rng)
    return np.clip(colour * (0.75 + 0.5 * grain[..., None]), 0, 1)


def smooth_noise(x_m: Floats, y_m: Floats, rng: np.random.Generator) -> Floats:
    """Give random numbers in [0, 1] that change smoothly over places in metres; all of one shape."""
    total = np.zeros(x_m.shape)
    for cells_per_m, weight in OCTAVES:
        total += weight * _interpolate(rng.random((CELLS, CELLS)), x_m * cells_per_m, y_m * cells_per_m)
    return total


def _interpolate(grid: Floats, x: Floats, y: Floats) -> Floats:
    """Read a grid that repeats itself between its points, bilinearly."""
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right_share, lower_share = x - left, y - top
    upper = _mix(_at(grid, top, left), _at(grid, top, left + 1), right_share)
    lower = _mix(_at(grid, top + 1, left), _at(grid, top + 1, left + 1), right_share)
    return _mix(upper, lower, lower_share)


def _at(grid: Floats, row: NDArray[np.int64], column: NDArray[np.int64]) -> Floats:
    return grid.take((row & CELLS - 1) * CELLS + (column & CELLS - 1))


def _mix(first: Floats, second: Floats, share: Floats) -> Floats:
    return first + share * (second - first)

"""Scenes in the layout in which mmsegmentation reads NYU Depth v2: 16-bit millimetres beside the pictures.

A sensor that projects a pattern sees nothing in the shadows that near things throw on what is behind them, nor on
mirrors. Such holes are written as 0, those of mirrors as 65535: sensors do either.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_transfer.scenes.jpeg import write_jpeg
from rs_transfer.scenes.voc import Named

MM_PER_M = 1000
NO_ECHO, TOO_FAR = 0, 65535

# What is so much nearer than its left neighbours throws a shadow on so many of them.
STEP_M = 0.4
SHADOW_PX = 2

MIRROR_PX = (3, 9)


def write_nyu(folder: Path, train: list[Named], held_out: list[Named]) -> None:
    """Write scenes to train on and held-out ones below ``folder``; names begin with the kind of room."""
    for split, scenes in (("train", train), ("test", held_out)):
        images, annotations = folder / "images" / split, folder / "annotations" / split
        images.mkdir(parents=True)
        annotations.mkdir(parents=True)
        for number, (_, scene) in enumerate(scenes, start=1):
            name = f"playroom_{number:05}"
            write_jpeg(images / f"{name}.jpg", scene.image)
            rng = np.random.default_rng([number, len(scenes)])
            Image.fromarray(measured_mm(scene.depth_m, rng)).save(annotations / f"{name}.png")


def measured_mm(depth_m: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.uint16]:
    """Give what a sensor says of depths of shape [H, W]: millimetres, with holes."""
    depth_mm = np.rint(depth_m * MM_PER_M).astype(np.uint16)
    depth_mm[in_shadow(depth_m)] = NO_ECHO
    height, width = rng.integers(*MIRROR_PX, size=2, endpoint=True)
    top, left = rng.integers(0, len(depth_m) - height), rng.integers(0, len(depth_m) - width)
    depth_mm[top : top + height, left : left + width] = TOO_FAR
    return depth_mm


def in_shadow(depth_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell what lies close to the left of something much nearer: [H, W]."""
    shadow = np.zeros(depth_m.shape, np.bool_)
    for shift in range(1, SHADOW_PX + 1):
        shadow[:, :-shift] |= depth_m[:, :-shift] - depth_m[:, shift:] > STEP_M
    return shadow

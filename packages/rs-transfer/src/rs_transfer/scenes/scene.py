"""One scene: digits that stand on the ground, nearer ones larger, brighter and in front of farther ones."""

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rs_transfer.scenes.camera import Camera, Floats
from rs_transfer.scenes.shapes import Shape, draw
from rs_transfer.scenes.texture import paint_background

NUM_DIGITS = (3, 6)
WALL_M = (3.0, 8.0)
NEAREST_M, FARTHEST_M = 1.2, 2.8
BEFORE_WALL_M = 0.3
HEIGHT_M = (1.15, 1.45)

# Light falls to 1/e over so many metres.
DARKER_M = 9.0

# Below this share of its pixels a digit is difficult, and with fewer than so many pixels it has no box.
DIFFICULT_SHARE = 0.35
FEWEST_PIXELS = 8


@dataclass(frozen=True, kw_only=True)
class SeenDigit:
    """A digit of a scene, as far as it is seen.

    Args:
        number: what stands for it in ``Scene.numbers``.
        label: which of ``CLASS_NAMES``.
        distance_m: from the camera, along its axis.
        box: first and last column and row of what is seen, counted from 0: left, top, right, bottom.
        truncated: whether the edge of the picture cuts it.
        difficult: whether most of it is hidden.
    """

    number: int
    label: int
    distance_m: float
    box: tuple[int, int, int, int]
    truncated: bool
    difficult: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A picture and all that is known of it.

    Args:
        image: RGB, uint8 [side, side, 3].
        numbers: int [side, side], 0 for the background, else the number of the digit that is seen; numbers begin at 1
            with the farthest.
        labels: of all digits in that order; indices of ``CLASS_NAMES``.
        is_wall: [side, side], behind the digits.
        depth_m: [side, side], along the axis of the camera.
        digits: those with a box, the farthest first.
    """

    image: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    labels: NDArray[np.int64]
    is_wall: NDArray[np.bool_]
    depth_m: Floats
    digits: tuple[SeenDigit, ...]

    def contours(self) -> NDArray[np.bool_]:
        """Tell which pixels touch a digit that is in front of what they show: one pixel wide, [side, side]."""
        padded = np.pad(self.numbers, 1, mode="edge")
        side = len(self.numbers)
        # The farthest digit has the lowest number.
        neighbours = [padded[1 + y : 1 + y + side, 1 + x : 1 + x + side] for y, x in ((-1, 0), (1, 0), (0, -1), (0, 1))]
        touching: NDArray[np.bool_] = np.max(neighbours, axis=0) > self.numbers
        return touching


def compose(shapes: Sequence[Shape], side_px: int, rng: np.random.Generator) -> Scene:
    """Compose a scene of some of the shapes; all that is random follows from ``rng``."""
    camera = Camera(side_px=side_px, wall_m=rng.uniform(*WALL_M))
    depth_m = np.tile(camera.background_m()[:, None], side_px)
    picture = paint_background(camera, rng) * light(depth_m)[..., None]
    numbers = np.zeros((side_px, side_px), np.int64)

    distances = draw_distances(rng, camera.wall_m)
    chosen = [shapes[number] for number in rng.choice(len(shapes), len(distances), replace=False)]
    areas = []
    for number, (shape, distance_m) in enumerate(zip(chosen, distances, strict=True), start=1):
        square = place(distance_m, camera, rng)
        body, ink = (square.cut(draw(share, square.side_px)) for share in (shape.body, shape.ink))
        dark, light_ink = draw_colours(rng)
        picture += body[..., None] * (dark * light(distance_m) - picture)
        picture += ink[..., None] * (light_ink * light(distance_m) - picture)
        numbers[is_solid(body)], depth_m[is_solid(body)] = number, distance_m
        area = is_solid(draw(shape.body, square.side_px)).sum()
        areas.append((int(area), bool(area > is_solid(body).sum())))

    seen = [
        see(numbers, number, shape.label, distance_m, area, truncated=cut)
        for number, (shape, distance_m, (area, cut)) in enumerate(zip(chosen, distances, areas, strict=True), start=1)
    ]
    return Scene(
        image=np.rint(picture * 255).astype(np.uint8),
        numbers=numbers,
        labels=np.array([shape.label for shape in chosen]),
        is_wall=np.tile(camera.is_wall()[:, None], side_px),
        depth_m=depth_m,
        digits=tuple(digit for digit in seen if digit is not None),
    )


def light(distance_m: Floats | float) -> Floats:
    """Give the share of the light that is left at a distance."""
    return np.asarray(np.exp(-np.asarray(distance_m) / DARKER_M))


def draw_distances(rng: np.random.Generator, wall_m: float) -> list[float]:
    """Draw how far the digits stand, in metres, the farthest first."""
    farthest = min(FARTHEST_M, wall_m - BEFORE_WALL_M)
    num_digits = rng.integers(*NUM_DIGITS, endpoint=True)
    return sorted(np.exp(rng.uniform(np.log(NEAREST_M), np.log(farthest), num_digits)).tolist(), reverse=True)


def draw_colours(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the dark colour of a body and the light one of the ink on it: RGB in [0, 1]."""
    body = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.5, 1.0), rng.uniform(0.3, 0.6))
    ink = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.0, 0.3), rng.uniform(0.85, 1.0))
    return np.array(body), np.array(ink)


class Square(NamedTuple):
    """Where a digit stands in a picture, which may cut it on the left and on the right; all in pixels."""

    left: int
    top: int
    side_px: int
    picture_px: int

    def cut(self, drawn: Floats) -> Floats:
        """Put what is drawn [side_px, side_px] into a picture: [picture_px, picture_px]."""
        size = self.picture_px
        wider = np.zeros((size, 3 * size))
        start = size + self.left
        wider[self.top : self.top + self.side_px, start : start + self.side_px] = drawn
        return wider[:, size:-size]


def place(distance_m: float, camera: Camera, rng: np.random.Generator) -> Square:
    """Stand a digit on the ground, its middle anywhere in the picture."""
    side_px = round(camera.length_px(rng.uniform(*HEIGHT_M), distance_m))
    top = round(camera.foot_px(distance_m)) - side_px
    left = round(rng.uniform(0, camera.side_px) - side_px / 2)
    return Square(left, top, side_px, camera.side_px)


def is_solid(body: Floats) -> NDArray[np.bool_]:
    """Tell which pixels belong to a digit: those that it covers by half."""
    return body >= 0.5


def see(
    numbers: NDArray[np.int64], number: int, label: int, distance_m: float, area: int, *, truncated: bool
) -> SeenDigit | None:
    """Describe what is visible of a digit whose outline has ``area`` pixels; ``None`` if next to nothing is."""
    visible = numbers == number
    if visible.sum() < FEWEST_PIXELS:
        return None
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    return SeenDigit(
        number=number,
        label=label,
        distance_m=distance_m,
        box=(int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])),
        truncated=truncated,
        difficult=bool(visible.sum() < DIFFICULT_SHARE * area),
    )

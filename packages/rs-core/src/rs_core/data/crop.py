"""Which part of an image is used: the random crop of training and the centre crop of evaluation.

The released code takes both from the original image and resizes them ("decode and crop"; tensorflow/tpu:models/
official/resnet/resnet_preprocessing.py). timm and torchvision evaluate the other way round: they resize, then crop.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from rs_core.errors import UserError

BoxRule = Literal["tf1", "tf2", "simclr"]
CropRule = Literal["tf1", "tf2", "simclr", "resize_first"]

CENTRE_FRACTION = 0.875


class Box(NamedTuple):
    """A rectangle of whole pixels: top, left, height, width."""

    y: int
    x: int
    h: int
    w: int


@dataclass(frozen=True, kw_only=True)
class RandomCropConfig:
    """How training crops are drawn; the defaults are those of the released code.

    Args:
        area: least and largest share of the image.
        aspect: least and largest width divided by height.
        num_attempts: draws before the centre crop is taken instead.
        min_object_covered: a draw that covers less of the image than this is rejected, so the least area is in
            effect 0.1 with the defaults.
    """

    area: tuple[float, float] = (0.08, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    num_attempts: int = 10
    min_object_covered: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.area[0] <= self.area[1] <= 1:
            raise UserError(f"crop area {self.area}: must be two increasing shares of the image, in (0, 1]")
        if not 0 < self.aspect[0] <= self.aspect[1]:
            raise UserError(f"crop aspect {self.aspect}: must be two increasing positive numbers")
        if self.num_attempts < 1:
            raise UserError(f"crop num_attempts {self.num_attempts}: must be at least 1")
        if not 0 <= self.min_object_covered <= 1:
            raise UserError(f"crop min_object_covered {self.min_object_covered}: must be in [0, 1]")


def random_crop_box(height: int, width: int, config: RandomCropConfig, rng: np.random.Generator) -> Box:
    """Draw a training crop of an image of ``height`` x ``width`` pixels.

    This is the sampler of TensorFlow's ``sample_distorted_bounding_box`` with the whole image as the only
    object: the aspect ratio and the *height* of the crop are uniform. torchvision and timm sample another
    distribution: area uniform, logarithm of the aspect ratio uniform.

    When all attempts fail, and also when the draw is the whole image, the result is the centre crop, as
    in the released code. It is the one of rule "tf2", which needs no resolution; rule "tf1" differs from
    it by a pixel or two.
    """
    whole_image = Box(0, 0, height, width)
    for _ in range(config.num_attempts):
        box = _draw_box(height, width, config, rng)
        if box is not None and box.h * box.w >= config.min_object_covered * height * width:
            return box if box != whole_image else _centre_crop_box_tf2(height, width)
    return _centre_crop_box_tf2(height, width)


def _draw_box(height: int, width: int, config: RandomCropConfig, rng: np.random.Generator) -> Box | None:
    aspect = rng.uniform(*config.aspect)
    min_area, max_area = (share * height * width for share in config.area)

    largest = min(height, round(math.sqrt(max_area / aspect)), _largest_height_within(width, aspect))
    smallest = min(round(math.sqrt(min_area / aspect)), largest)
    h = int(rng.integers(smallest, largest + 1))
    # Rounding to whole pixels can leave the area limits by a little; one row more or less mends that.
    if h * round(h * aspect) < min_area:
        h += 1
    if h * round(h * aspect) > max_area:
        h -= 1
    w = round(h * aspect)
    if not (min_area <= h * w <= max_area and 0 < h <= height and 0 < w <= width):
        return None

    # TensorFlow excludes the last place, at the lower or right edge, unless it is the only one.
    y = int(rng.integers(max(height - h, 1)))
    x = int(rng.integers(max(width - w, 1)))
    return Box(y, x, h, w)


def _largest_height_within(width: int, aspect: float) -> int:
    """Return the largest height whose rounded crop width fits into ``width``."""
    h = int((width + 0.5) / aspect)
    return h if round(h * aspect) <= width else h - 1


def centre_crop_box(height: int, width: int, resolution: int, rule: BoxRule, fraction: float = CENTRE_FRACTION) -> Box:
    """Return the square that evaluation uses of an image of ``height`` x ``width`` pixels.

    Its side is about ``fraction`` of the short edge. The releases differ by a pixel on most sizes: "tf1"
    (tensorflow/tpu, the published checkpoints) makes the share and so the box depend on the
    ``resolution`` the crop is resized to; "tf2" (tensorflow/models) and "simclr" (google-research/simclr:data_util.py)
    do not, and "simclr" rounds the side to the nearest pixel, which the others round down.
    """
    if rule == "tf2":
        return _centre_crop_box_tf2(height, width, fraction)
    if rule == "simclr":
        return _centre_crop_box_simclr(height, width, fraction)
    return _centre_crop_box_tf1(height, width, resolution, fraction)


def _centre_crop_box_tf1(height: int, width: int, resolution: int, fraction: float) -> Box:
    padding = round(resolution * (1 / fraction - 1))
    # The released graph multiplies in float32; in float64 some sides would be one pixel longer.
    share = np.float32(resolution / (resolution + padding))
    side = max(1, int(share * np.float32(min(height, width))))
    return _middle_box(height, width, side)


def _centre_crop_box_tf2(height: int, width: int, fraction: float = CENTRE_FRACTION) -> Box:
    exact_side = fraction * min(height, width)
    side = max(1, int(exact_side))
    return Box(int((height - exact_side) / 2), int((width - exact_side) / 2), side, side)


def _centre_crop_box_simclr(height: int, width: int, fraction: float) -> Box:
    # Half a pixel goes to the even side, as with tf.rint.
    side = max(1, int(np.rint(np.float32(fraction) * np.float32(min(height, width)))))
    return _middle_box(height, width, side)


def _middle_box(height: int, width: int, side: int) -> Box:
    return Box((height - side + 1) // 2, (width - side + 1) // 2, side, side)


def short_edge_size(height: int, width: int, short_edge: int) -> tuple[int, int]:
    """Return the height and width of an image whose shorter edge is brought to ``short_edge`` pixels.

    The other edge is rounded down (torchvision:torchvision/transforms/functional.py).

    >>> short_edge_size(375, 500, 256)
    (256, 341)
    """
    if height <= width:
        return short_edge, int(short_edge * width / height)
    return int(short_edge * height / width), short_edge


def centre_box(height: int, width: int, side: int) -> Box:
    """Return the middle square of an image that is at least that large.

    Where the middle falls between two pixels, it is rounded half to even (torchvision, as above).
    """
    return Box(round((height - side) / 2), round((width - side) / 2), side, side)

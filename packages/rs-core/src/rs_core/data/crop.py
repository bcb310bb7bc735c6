"""Which part of an image is used: the random crop of training and the centre crop of evaluation.

Both are taken from the original image and then resized ("decode and crop"), as in the released code
(tensorflow/tpu:models/official/resnet/resnet_preprocessing.py).
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_core.errors import UserError

CropRule = Literal["tf1", "tf2"]

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


def centre_crop_box(height: int, width: int, resolution: int, rule: CropRule) -> Box:
    """Return the square that evaluation uses of an image of ``height`` x ``width`` pixels.

    Its side is about 0.875 of the short edge. The two releases differ by a pixel on most sizes: "tf1"
    (tensorflow/tpu, the published checkpoints) makes the share and so the box depend on the
    ``resolution`` the crop is resized to; "tf2" (tensorflow/models) does not.
    """
    if rule == "tf2":
        return _centre_crop_box_tf2(height, width)
    return _centre_crop_box_tf1(height, width, resolution)


def _centre_crop_box_tf1(height: int, width: int, resolution: int) -> Box:
    padding = round(resolution * (1 / CENTRE_FRACTION - 1))
    # The released graph multiplies in float32; in float64 some sides would be one pixel longer.
    share = np.float32(resolution / (resolution + padding))
    side = max(1, int(share * np.float32(min(height, width))))
    return Box((height - side + 1) // 2, (width - side + 1) // 2, side, side)


def _centre_crop_box_tf2(height: int, width: int) -> Box:
    exact_side = CENTRE_FRACTION * min(height, width)
    side = max(1, int(exact_side))
    return Box(int((height - exact_side) / 2), int((width - exact_side) / 2), side, side)


def crop_and_resize(image: Image.Image, box: Box, resolution: int) -> NDArray[np.uint8]:
    """Return ``box`` of an RGB image resized to [resolution, resolution, 3] with PIL's bicubic filter.

    The filter is anti-aliased and reaches over the edges of the box where the image goes on. The released
    code resizes with TensorFlow's own bicubic, which is not anti-aliased: a photo of 500x375 pixels differs by
    3 to 10 grey levels on average.
    """
    corners = (box.x, box.y, box.x + box.w, box.y + box.h)
    return np.asarray(image.resize((resolution, resolution), Image.Resampling.BICUBIC, box=corners))

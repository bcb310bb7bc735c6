"""The operations as Pillow gives them: ImageOps, ImageEnhance and Image.transform."""

import math

import torch
from torch import Tensor

from rs_core.data.randaugment.geometry import Matrix
from rs_core.data.randaugment.rules import Rules
from rs_core.data.randaugment.smoothing import weighted_neighbourhood

# The image side that the constants of translation and Cutout are meant for.
_NOMINAL_SIDE = 224


def _num_cleared_bits(kept_bits: int) -> int:
    # ImageOps.posterize keeps 1 to 8 bits.
    return min(max(8 - kept_bits, 0), 7)


def _grey(red: Tensor, green: Tensor, blue: Tensor) -> Tensor:
    # ITU-R 601 luma with 16 fractional bits, rounded. Below 2**24 float32 holds whole numbers exactly.
    return (red * 19595).add_(green * 38470).add_(blue * 7471).add_(0x8000).mul_(2**-16).trunc_()


def _contrast_grey(images: Tensor) -> Tensor:
    grey = _grey(*images.float().unbind(1))
    mean = grey.flatten(1).mean(1, dtype=torch.float64)
    return (mean + 0.5).floor_().float().view(-1, 1, 1, 1)


def _smooth(values: Tensor) -> Tensor:
    # Sums of whole numbers are exact. A thirteenth is never half-way, so this rounds as exact arithmetic does.
    return weighted_neighbourhood(values, 1, 5).mul_(1 / 13).add_(0.5).trunc_()


def _rotation(degrees: float, height: int, width: int) -> Matrix:
    radians = -math.radians(degrees % 360)
    cos, sin = round(math.cos(radians), 15), round(math.sin(radians), 15)
    x, y = width / 2, height / 2
    return (cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y)


def _source_pixels(matrix: Matrix, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Sample at pixel centres in fixed point with 16 fractional bits."""
    a, b, c, d, e, f = matrix
    x, y = torch.arange(width), torch.arange(height)[:, None]
    column = _fixed(a) * x + _fixed(b) * y + _fixed(c + a * 0.5 + b * 0.5)
    row = _fixed(d) * x + _fixed(e) * y + _fixed(f + d * 0.5 + e * 0.5)
    return row >> 16, column >> 16


def _fixed(value: float) -> int:
    return math.floor(value * 65536 + 0.5)


def _shift(pixels: float, side: int) -> float:
    # Without rotation or shear Image.transform calculates in double precision, not in fixed point; a whole
    # number of pixels is the same in both.
    return math.floor(pixels * side / _NOMINAL_SIDE + 0.5)


PIL = Rules(
    autocontrast_precision=torch.float64,
    num_cleared_bits=_num_cleared_bits,
    solarize_threshold=lambda threshold: threshold,
    grey=_grey,
    contrast_grey=_contrast_grey,
    smooth=_smooth,
    rotation=_rotation,
    source_pixels=_source_pixels,
    shift=_shift,
    half_side=lambda pixels, height, width: pixels * min(height, width) // _NOMINAL_SIDE,
)

"""The released TensorFlow code, quirks included.

Source: tensorflow/tpu:models/official/efficientnet/autoaugment.py, run under TensorFlow 2.15 in graph mode.
"""

import math

import torch
from torch import Tensor

from rs_core.data.randaugment.geometry import Matrix
from rs_core.data.randaugment.rules import Rules
from rs_core.data.randaugment.smoothing import weighted_neighbourhood


def _num_cleared_bits(kept_bits: int) -> int:
    # The shift is a uint8 there, so it wraps, and TensorFlow shifts a byte by 7 at most.
    return min((8 - kept_bits) % 256, 7)


def _solarize_threshold(threshold: int) -> int:
    # The comparison is in uint8: 256, at magnitude 10, becomes 0 and inverts everything.
    return threshold % 256


def _grey(red: Tensor, green: Tensor, blue: Tensor) -> Tensor:
    # The image is scaled to [0, 1], weighted and scaled back, every step rounded to float32.
    luma = (red * (1 / 255)).mul_(0.2989)
    luma.add_((green * (1 / 255)).mul_(0.5870))
    luma.add_((blue * (1 / 255)).mul_(0.1140))
    return luma.mul_(255.5).trunc_()


def _contrast_grey(images: Tensor) -> float:
    # The histogram of the grey image is summed, not averaged: what remains is the number of pixels.
    height, width = images.shape[2:]
    return min(height * width // 256, 255)


def _smooth(values: Tensor) -> Tensor:
    # The sum is cut down to a whole number, and one pixel in thirteen would be whole in exact arithmetic: there
    # the rounding of every step decides. TensorFlow takes the same steps.
    return weighted_neighbourhood(values, 1 / 13, 5 / 13).trunc_()


def _rotation(degrees: float, height: int, width: int) -> Matrix:
    radians = torch.tensor(degrees * (math.pi / 180))
    cos, sin = torch.cos(radians), torch.sin(radians)
    right, bottom = width - 1, height - 1
    x_offset = (right - (cos * right - sin * bottom)) / 2
    y_offset = (bottom - (sin * right + cos * bottom)) / 2
    return (cos.item(), -sin.item(), x_offset.item(), sin.item(), cos.item(), y_offset.item())


def _source_pixels(matrix: Matrix, height: int, width: int) -> tuple[Tensor, Tensor]:
    a, b, c, d, e, f = torch.tensor(matrix)
    x, y = torch.arange(width).float(), torch.arange(height).float()[:, None]
    return _round_half_away(d * x + e * y + f), _round_half_away(a * x + b * y + c)


def _round_half_away(values: Tensor) -> Tensor:
    # In float32 the sum with 0.5 would itself round.
    wide = values.double()
    return (wide.abs() + 0.5).floor_().copysign_(wide)


FAITHFUL = Rules(
    autocontrast_precision=torch.float32,
    num_cleared_bits=_num_cleared_bits,
    solarize_threshold=_solarize_threshold,
    grey=_grey,
    contrast_grey=_contrast_grey,
    smooth=_smooth,
    rotation=_rotation,
    source_pixels=_source_pixels,
    shift=lambda pixels, _side: pixels,
    half_side=lambda pixels, _height, _width: pixels,
)

"""Operations that move pixels: Rotate, the shears and the translations, nearest neighbour with a grey surround."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

FILL = 128

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): the output pixel (x, y) shows the input at (ax + by + c, dx + ey + f)."""

SourcePixels = Callable[[Matrix, int, int], tuple[Tensor, Tensor]]
"""From a matrix, height and width: row and column of the input pixel that each output pixel shows, whole
numbers of any type that broadcast to [H, W]; they may lie outside the image."""


def shear_x(slope: float) -> Matrix:
    """Slide rows: the row y shows what lies slope * y to the right."""
    return (1, slope, 0, 0, 1, 0)


def shear_y(slope: float) -> Matrix:
    """Slide columns: the column x shows what lies slope * x further down."""
    return (1, 0, 0, slope, 1, 0)


def translate_x(pixels: float) -> Matrix:
    """Move the content to the left."""
    return (1, 0, pixels, 0, 1, 0)


def translate_y(pixels: float) -> Matrix:
    """Move the content up."""
    return (1, 0, 0, 0, 1, pixels)


def resample(images: Tensor, matrix: Matrix, source_pixels: SourcePixels) -> Tensor:
    """Show each uint8 image [n, H, W, 3] through one matrix; what comes from outside is grey 128."""
    _, height, width, _ = images.shape
    source = _source(matrix, height, width, images.device, source_pixels)
    flat = images.flatten(1)
    moved = flat.gather(1, source.index.expand_as(flat))
    # Byte arithmetic: on a CPU masked_fill_ takes longer than the gather itself.
    return moved.bitwise_and_(source.inside).bitwise_or_(source.surround).view_as(images)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Where each of the H * W * 3 output values comes from.

    Args:
        index: int64, position among the input values; 0 for values from outside.
        inside: uint8, 255 where the value comes from inside the image and 0 elsewhere.
        surround: uint8, 0 inside and `FILL` elsewhere.
    """

    index: Tensor
    inside: Tensor
    surround: Tensor


# A run has one magnitude and mostly one image size, so it needs five operations with two signs each.
@lru_cache(maxsize=32)
def _source(matrix: Matrix, height: int, width: int, device: torch.device, source_pixels: SourcePixels) -> _Source:
    # On the CPU for every device: a fused multiply-add elsewhere would move pixels.
    row, column = source_pixels(matrix, height, width)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    pixel = torch.where(inside, row * width + column, 0).long()
    index = pixel.view(-1, 1) * 3 + torch.arange(3)
    inside_values = inside.view(-1, 1).expand_as(index).to(torch.uint8)
    return _Source(
        index=index.view(-1).to(device, non_blocking=True),
        inside=(inside_values * 255).view(-1).to(device, non_blocking=True),
        surround=((1 - inside_values) * FILL).view(-1).to(device, non_blocking=True),
    )

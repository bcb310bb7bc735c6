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
    """Show each uint8 image [n, 3, H, W] through one matrix; what comes from outside is grey 128."""
    height, width = images.shape[2:]
    return _movement(matrix, height, width, images.device, source_pixels)(images)


# A run has one magnitude and mostly one image size, so it needs five operations with two signs each.
@lru_cache(maxsize=32)
def _movement(
    matrix: Matrix, height: int, width: int, device: torch.device, source_pixels: SourcePixels
) -> Callable[[Tensor], Tensor]:
    # On the CPU for every device: a fused multiply-add elsewhere would move pixels.
    row, column = (pixels.long().expand(height, width) for pixels in source_pixels(matrix, height, width))
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return _as_shift(row, column, inside) or _as_lookup(row * width + column, inside, device)


@dataclass(frozen=True, kw_only=True)
class _Shift:
    """Moves a rectangle as a whole, many times faster than pixel by pixel.

    Args:
        source: rows and columns that are shown.
        target: rows and columns where they are shown.
    """

    source: tuple[slice, slice]
    target: tuple[slice, slice]

    def __call__(self, images: Tensor) -> Tensor:
        moved = torch.full_like(images, FILL)
        moved[..., *self.target] = images[..., *self.source]
        return moved


def _as_shift(row: Tensor, column: Tensor, inside: Tensor) -> _Shift | None:
    """Return the shift that equals source rows and columns, int64 [H, W], where ``inside``; None if none does."""
    target = inside.nonzero()
    source = torch.stack([row[inside], column[inside]], dim=1)
    if len(target) == 0 or (source - target != source[0] - target[0]).any():
        return None
    (top, left), (bottom, right) = target[0].tolist(), (target[-1] + 1).tolist()
    rectangle = torch.zeros_like(inside)
    rectangle[top:bottom, left:right] = True
    if not rectangle.equal(inside):
        return None
    down, across = (source[0] - target[0]).tolist()
    return _Shift(
        source=(slice(top + down, bottom + down), slice(left + across, right + across)),
        target=(slice(top, bottom), slice(left, right)),
    )


@dataclass(frozen=True, kw_only=True)
class _Lookup:
    """Looks up each of the H * W pixels.

    Args:
        index: int64, position among the input pixels; 0 for pixels from outside.
        inside: uint8, 255 where the pixel comes from inside the image and 0 elsewhere.
        surround: uint8, 0 inside and `FILL` elsewhere.
    """

    index: Tensor
    inside: Tensor
    surround: Tensor

    def __call__(self, images: Tensor) -> Tensor:
        flat = images.flatten(2)
        moved = flat.gather(2, self.index.expand_as(flat))
        # Byte arithmetic: on a CPU masked_fill_ takes longer than the gather itself.
        return moved.bitwise_and_(self.inside).bitwise_or_(self.surround).view_as(images)


def _as_lookup(pixel: Tensor, inside: Tensor, device: torch.device) -> _Lookup:
    index = torch.where(inside, pixel, 0).flatten()
    is_inside = inside.flatten().to(torch.uint8)
    return _Lookup(
        index=index.to(device, non_blocking=True),
        inside=(is_inside * 255).to(device, non_blocking=True),
        surround=((1 - is_inside) * FILL).to(device, non_blocking=True),
    )

"""Cutout: a grey square somewhere in each image."""

import torch
from torch import Tensor

from rs_core.data.randaugment.geometry import FILL


def cutout(images: Tensor, half_side: int, centres: Tensor) -> Tensor:
    """Fill a square with grey 128 in each image.

    Args:
        images: uint8 [n, 3, H, W].
        half_side: the square covers ``half_side`` pixels before the centre and ``half_side - 1`` after it, in
            both directions, cut at the border.
        centres: [n, 2] int64 row and column, on the images' device.
    """
    height, width = images.shape[2:]
    rows = _covered(height, half_side, centres[:, 0])
    columns = _covered(width, half_side, centres[:, 1])
    covered = rows[:, None, :, None] & columns[:, None, None, :]
    return images.bitwise_xor(FILL).bitwise_and_(covered).bitwise_xor_(images)


def _covered(length: int, half_side: int, centres: Tensor) -> Tensor:
    """Return uint8 [n, length], 255 where the square covers a row (or column) and 0 elsewhere."""
    distance = torch.arange(length, device=centres.device) - centres[:, None]
    return ((distance >= -half_side) & (distance < half_side)).to(torch.uint8) * 255

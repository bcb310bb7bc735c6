"""Operations that blend an image with a degenerate one: Color, Contrast, Brightness and Sharpness."""

from collections.abc import Callable

import torch
from torch import Tensor

GreyVersion = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From the red, green and blue values of images, float32, to their grey values: whole numbers, same shape."""


def to_uint8(values: Tensor) -> Tensor:
    """Drop the fraction of floating values up to 32767 in size and cut them at 0 and 255."""
    # Through int16 because a CPU has no vectorised conversion from float to uint8.
    return values.to(torch.int16).clamp_(0, 255).to(torch.uint8)


def blend(degenerate: Tensor | float, values: Tensor, factor: float) -> Tensor:
    """Return degenerate + factor * (values - degenerate), truncated to uint8.

    Args:
        degenerate: whole numbers from 0 to 255 as float32, broadcast against ``values``; the result of factor 0.
        values: an image's values as float32, overwritten; the result of factor 1.
        factor: 0 or more; above 1 it extrapolates, and the result is cut at 0 and 255.
    """
    # Product and sum are rounded one after the other, as in both originals: no lerp, no fused add.
    return to_uint8(values.sub_(degenerate).mul_(factor).add_(degenerate))


def color(images: Tensor, grey_version: GreyVersion, factor: float) -> Tensor:
    """Blend uint8 images [n, 3, H, W] with their grey versions."""
    values = images.float()
    return blend(grey_version(*values.unbind(1)).unsqueeze(1), values, factor)


def brightness(images: Tensor, factor: float) -> Tensor:
    """Blend uint8 images with black."""
    return to_uint8(images.float().mul_(factor))


def sharpness(images: Tensor, smooth_version: Callable[[Tensor], Tensor], factor: float) -> Tensor:
    """Blend uint8 images [n, 3, H, W] with smooth versions, whose outermost pixels are those of the images."""
    if min(images.shape[2:]) < 3:
        return images.clone()
    values = images.float()
    smooth = smooth_version(values)
    for edge in (0, -1):
        smooth[..., edge, :] = values[..., edge, :]
        smooth[..., edge] = values[..., edge]
    return blend(smooth, values, factor)

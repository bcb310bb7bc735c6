"""Gaussian blur of whole batches, with a width for each image."""

import torch
import torch.nn.functional as F
from torch import Tensor

# So many standard deviations from the middle, a Gaussian adds less than a hundredth of a grey level.
LARGEST_DEVIATION = 4.5


def radius_for(height: int) -> int:
    """Give the radius of SimCLR's blur in pixels: its kernel spans a tenth of the height, or one pixel more.

    >>> [2 * radius_for(height) + 1 for height in (32, 160, 224)]
    [3, 17, 23]
    """
    return height // 10 // 2


def gaussian_blur(images: Tensor, sigmas: Tensor, radius: int) -> Tensor:
    """Blur float32 images [N, 3, H, W], whose edges are reflected, in both directions.

    Args:
        images: on any device, with sides longer than ``radius``.
        sigmas: standard deviations in pixels, [N], on the CPU.
        radius: the kernel is ``2 * radius + 1`` pixels wide and sums to 1.
    """
    needed = int(torch.ceil(LARGEST_DEVIATION * sigmas.max()))
    weights = kernel(sigmas, radius)[:, : min(radius, needed) + 1].to(images.device, non_blocking=True)
    return along(along(images, weights, 3), weights, 2)


def kernel(sigmas: Tensor, radius: int) -> Tensor:
    """Give the weights [N, radius + 1] of Gaussian kernels, from the middle outwards."""
    distances = torch.arange(radius + 1)
    weights = torch.exp(-0.5 * (distances / sigmas[:, None]) ** 2)
    return weights / (2 * weights.sum(1, keepdim=True) - weights[:, :1])


def along(images: Tensor, weights: Tensor, axis: int) -> Tensor:
    """Convolve each image with its symmetric kernel [N, radius + 1] along one axis, 2 or 3."""
    length, radius = images.shape[axis], weights.shape[1] - 1
    padding = (radius, radius, 0, 0) if axis == 3 else (0, 0, radius, radius)
    padded = F.pad(images, padding, mode="reflect")
    weights = weights.view(*weights.shape, 1, 1, 1)
    blurred = padded.narrow(axis, radius, length) * weights[:, 0]
    for distance in range(1, radius + 1):
        pair = padded.narrow(axis, radius - distance, length) + padded.narrow(axis, radius + distance, length)
        blurred.addcmul_(pair, weights[:, distance])
    return blurred

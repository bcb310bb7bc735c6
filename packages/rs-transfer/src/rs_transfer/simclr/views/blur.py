"""Gaussian blur of whole batches, with a width for each image."""

import torch
import torch.nn.functional as F
from torch import Tensor

# Beyond so many standard deviations a Gaussian has a millionth of its weight; far enough out it would have numbers so
# small that a CPU takes many times longer for each.
LARGEST_DEVIATION = 5.0


def radius_for(height: int) -> int:
    """Give the radius of SimCLR's blur in pixels: its kernel spans a tenth of the height, or one pixel more.

    >>> [2 * radius_for(height) + 1 for height in (32, 160, 224)]
    [3, 17, 23]
    """
    return height // 10 // 2


def gaussian_blur(images: Tensor, sigmas: Tensor, radius: int) -> Tensor:
    """Blur float32 images [N, 3, H, W], whose edges are reflected, in both directions.

    All planes of all images are channels of one convolution: on a CPU, ten images take about as long as three.

    Args:
        images: contiguous, on any device, with sides longer than ``radius``.
        sigmas: standard deviations in pixels, [N], on the CPU.
        radius: the kernel is ``2 * radius + 1`` pixels wide and sums to 1.
    """
    num_images, num_channels, height, width = images.shape
    num_planes = num_images * num_channels
    weights = kernels(sigmas, radius).repeat_interleave(num_channels, 0).to(images.device, non_blocking=True)
    planes = F.pad(images.view(1, num_planes, height, width), (radius,) * 4, mode="reflect")
    across = F.conv2d(planes, weights.view(num_planes, 1, 1, -1), groups=num_planes)
    return F.conv2d(across, weights.view(num_planes, 1, -1, 1), groups=num_planes).view_as(images)


def kernels(sigmas: Tensor, radius: int) -> Tensor:
    """Give Gaussian kernels [N, 2 * radius + 1], each with the sum 1."""
    distances = torch.arange(-radius, radius + 1)
    deviations = distances / sigmas[:, None]
    weights = torch.exp(-0.5 * deviations**2).masked_fill_(deviations.abs() > LARGEST_DEVIATION, 0)
    return weights / weights.sum(1, keepdim=True)

"""What is random in RandAugment, drawn on the host."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The choices of a batch of N images and L layers, all on the CPU.

    Args:
        ops: [L, N] int64, positions in the config's list of operations.
        negative: [L, N] bool, whether the operation takes its negative argument, should it have a sign.
        centres: [L, N, 2] int64, row and column of the middle of Cutout's square.
    """

    ops: Tensor
    negative: Tensor
    centres: Tensor


def draw(num_layers: int, num_ops: int, num_images: int, height: int, width: int, generator: torch.Generator) -> Draws:
    """Draw operations uniformly with replacement, fair signs and Cutout centres uniform over the image.

    Every image takes the same count of random numbers whatever is drawn, so a batch gives what its images
    would give one after the other with the same generator.
    """
    # In float32 a draw just below 1 times a side can round up to the side itself.
    uniform = torch.rand(num_images, num_layers, 4, dtype=torch.float64, generator=generator).transpose(0, 1)
    limits = torch.tensor([num_ops, 2, height, width], dtype=torch.float64)
    choices = (uniform * limits).long()
    return Draws(ops=choices[..., 0], negative=choices[..., 1].bool(), centres=choices[..., 2:])

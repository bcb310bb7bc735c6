"""The part of the augmentation that runs batched on the training device: flip, then the scale that the model takes."""

import torch
from torch import Tensor

from rs_core.data.preprocessing import Preprocessing


def augment(clips: Tensor, horizontal_flip: float, preprocessing: Preprocessing, generator: torch.Generator) -> Tensor:
    """Mirror each of uint8 clips [N, 3, T, H, W] with a probability, all frames alike, and normalise.

    All random numbers come from ``generator``, which is on the CPU, so they do not depend on the device. The result is
    float32 in the same memory format.
    """
    chosen = torch.rand(len(clips), generator=generator) < horizontal_flip
    if chosen.any():
        clips = torch.where(chosen.to(clips.device).view(-1, 1, 1, 1, 1), clips.flip(4), clips)
    return normalize(clips, preprocessing)


def normalize(clips: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return uint8 clips [N, 3, T, H, W] as float32, ``(clip / 255 - mean) / std`` per channel."""
    shape = (1, 3, 1, 1, 1)
    mean_255 = torch.tensor(preprocessing.mean, device=clips.device).view(shape) * 255
    std_255 = torch.tensor(preprocessing.std, device=clips.device).view(shape) * 255
    return clips.to(torch.float32, copy=True).sub_(mean_255).div_(std_255)

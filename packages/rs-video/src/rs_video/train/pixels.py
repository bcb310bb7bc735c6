"""The part of the augmentation that runs batched on the training device: flip, then the scale that the model takes."""

import numpy as np
import torch
from torch import Tensor

from rs_core.data.augment import one_thread
from rs_core.data.preprocessing import Preprocessing


def augment(clips: Tensor, horizontal_flip: float, preprocessing: Preprocessing, generator: torch.Generator) -> Tensor:
    """Mirror each of uint8 clips [N, 3, T, H, W] with a probability, all frames alike, and normalise.

    All random numbers come from ``generator``, which is on the CPU, so they do not depend on the device. The result is
    float32 with channels last in memory.
    """
    mirrored = torch.rand(len(clips), generator=generator) < horizontal_flip
    if clips.device.type == "cpu":
        with one_thread():  # the decoding workers are busy on the other cores
            return _on_cpu(clips, mirrored, preprocessing)
    if mirrored.any():
        clips = torch.where(mirrored.to(clips.device).view(-1, 1, 1, 1, 1), clips.flip(4), clips)
    return normalize(clips, preprocessing)


def normalize(clips: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return uint8 clips [N, 3, T, H, W] as float32, ``(clip / 255 - mean) / std`` per channel, channels last."""
    if clips.device.type == "cpu":
        return _on_cpu(clips, torch.zeros(len(clips), dtype=torch.bool), preprocessing)
    normalized = torch.empty_like(clips, dtype=torch.float32, memory_format=torch.channels_last_3d)
    _scale_into(clips, preprocessing, normalized)
    return normalized


def _on_cpu(clips: Tensor, mirrored: Tensor, preprocessing: Preprocessing) -> Tensor:
    # A batch of float32 in new memory costs more in page faults than in arithmetic. NumPy asks for huge pages, which
    # are 512 times fewer. And only clips that are to be mirrored are copied for it.
    num_clips, channels, *sides = clips.shape
    normalized = torch.from_numpy(np.empty((num_clips, *sides, channels), np.float32)).permute(0, 4, 1, 2, 3)
    for clip, out, is_mirrored in zip(clips, normalized, mirrored.tolist(), strict=True):
        _scale_into((clip.flip(3) if is_mirrored else clip)[None], preprocessing, out[None])
    return normalized


def _scale_into(clips: Tensor, preprocessing: Preprocessing, out: Tensor) -> None:
    out.copy_(clips)  # to convert and multiply in one operation takes four times as long on a CPU
    shape = (1, 3, 1, 1, 1)
    mean, std = (torch.tensor(each, device=clips.device) for each in (preprocessing.mean, preprocessing.std))
    out.mul_((1 / (255 * std)).view(shape) if len(set(preprocessing.std)) > 1 else 1 / (255 * preprocessing.std[0]))
    if any(preprocessing.mean):
        out.sub_((mean / std).view(shape))

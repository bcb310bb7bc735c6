"""The part of the augmentation that runs batched on the training device: flip, RandAugment, normalise."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.data.randaugment import RandAugment, RandAugmentConfig
from rs_core.errors import UserError

CACHED_IMAGES = 4


class DeviceAugment:
    """Turns a batch from the loader into the input of a model in training.

    In the order of the released code (tensorflow/tpu:models/official/resnet/resnet_preprocessing.py):
    each image is mirrored with probability ``horizontal_flip``, then RandAugment, then normalised.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        *,
        horizontal_flip: float = 0.5,
        randaugment: RandAugmentConfig | None = None,
    ) -> None:
        if not 0 <= horizontal_flip <= 1:
            raise UserError(f"horizontal_flip {horizontal_flip}: must be a probability, in [0, 1]")
        self.preprocessing = preprocessing
        self.horizontal_flip = horizontal_flip
        self.randaugment = RandAugment(randaugment) if randaugment is not None else None

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augment uint8 images [N, 3, H, W] on any device; the result is float32 in the same memory format.

        All random numbers come from ``generator``, which is on the CPU, so they do not depend on the device. On a CPU
        one thread does the work.
        """
        if images.device.type != "cpu":
            return self._augment(images, generator)
        with one_thread():
            return self._augment(images, generator)

    def _augment(self, images: Tensor, generator: torch.Generator) -> Tensor:
        flipped = torch.rand(len(images), generator=generator) < self.horizontal_flip
        images = mirror(images, flipped)
        if self.randaugment is not None:
            images = self.randaugment(images, generator)
        if images.device.type == "cpu":
            return normalize_on_cpu(images, self.preprocessing)
        return normalize(images, self.preprocessing.mean, self.preprocessing.std)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread inside.

    The decoding workers are busy on the other cores. Threads of PyTorch that share a core with them spin until the last
    of them has had its turn, at every one of hundreds of small kernels: with two workers on two cores, that takes up to
    a hundred times longer than one thread.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def mirror(images: Tensor, chosen: Tensor) -> Tensor:
    """Return a copy of images [N, 3, H, W] on any device with those mirrored that bool [N], on the CPU, chooses.

    >>> mirror(torch.tensor([1, 2, 3, 4]).view(2, 1, 1, 2), torch.tensor([False, True])).flatten().tolist()
    [1, 2, 4, 3]
    """
    if images.device.type != "cpu":
        return torch.where(chosen.to(images.device).view(-1, 1, 1, 1), images.flip(3), images)
    # A choice for every pixel, broadcast over bytes, takes eight times longer on a CPU.
    mirrored = images.clone()
    for place in chosen.nonzero()[:, 0].tolist():
        mirrored[place] = images[place].flip(2)
    return mirrored


def normalize_on_cpu(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return what ``normalize`` returns, a few images at a time.

    A batch of float32 in new memory costs more in page faults than in arithmetic. NumPy asks for huge pages, which are
    512 times fewer, and a few images stay in the cache from step to step: together a third of the time.
    """
    is_channels_last = not images.is_contiguous() and images.is_contiguous(memory_format=torch.channels_last)
    shape = images.permute(0, 2, 3, 1).shape if is_channels_last else images.shape
    normalized = torch.from_numpy(np.empty(shape, np.float32))
    if is_channels_last:
        normalized = normalized.permute(0, 3, 1, 2)
    for start in range(0, len(images), CACHED_IMAGES):
        piece = slice(start, start + CACHED_IMAGES)
        normalized[piece].copy_(normalize(images[piece], preprocessing.mean, preprocessing.std))
    return normalized

"""The part of the augmentation that runs batched on the training device: flip, RandAugment, normalise."""

import torch
from torch import Tensor

from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.data.randaugment import RandAugment, RandAugmentConfig
from rs_core.errors import UserError


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

        All random numbers come from ``generator``, which is on the CPU, so they do not depend on the device.
        """
        flipped = torch.rand(len(images), generator=generator) < self.horizontal_flip
        images = torch.where(flipped.to(images.device).view(-1, 1, 1, 1), images.flip(3), images)
        if self.randaugment is not None:
            images = self.randaugment(images, generator)
        return normalize(images, self.preprocessing.mean, self.preprocessing.std)

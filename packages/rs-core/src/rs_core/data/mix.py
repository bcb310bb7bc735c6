"""Mixup: every image of a batch becomes a blend of itself and another, and so does what it should be taken for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Mix:
    """How the images of one batch are blended (arXiv 1710.09412).

    Args:
        share: λ, the share that an image keeps of itself, in [0, 1]; 1 where nothing is mixed.
        partners: int64 [N] on the CPU, the place of the other image.
    """

    share: float
    partners: Tensor

    def images(self, images: Tensor) -> Tensor:
        """Blend float images [N, …] on any device; they come back as they are where nothing is mixed.

        >>> mix = Mix(share=0.75, partners=torch.tensor([1, 0]))
        >>> mix.images(torch.tensor([[0.0], [4.0]])).tolist()
        [[1.0], [3.0]]
        """
        if self.share == 1:
            return images
        return images.lerp(images[self.partners.to(images.device)], 1 - self.share)

    def loss(self, loss_for: Callable[[Tensor], Tensor], targets: Tensor) -> Tensor:
        """Give ``λ * loss_for(targets) + (1 - λ) * loss_for(those of the partners)``; targets are [N, …]."""
        if self.share == 1:
            return loss_for(targets)
        others = targets[self.partners.to(targets.device)]
        return self.share * loss_for(targets) + (1 - self.share) * loss_for(others)


def draw_mix(alpha: float, num_images: int, generator: torch.Generator) -> Mix:
    """Draw how a batch is mixed: one ``λ ~ Beta(alpha, alpha)`` for all of it, and a partner for each image.

    The partners are the same batch in a random order, as in the authors' code (facebookresearch/mixup-cifar10:
    train.py). Neighbours would not do: with ``data.run_length`` they are often of one class. An alpha of 0 mixes
    nothing and draws nothing.

    Args:
        alpha: of the Beta distribution, 0 or more; 0.2 in Bag of Tricks (arXiv 1812.01187, section 5.4).
        num_images: N.
        generator: on the CPU, the only source of random numbers.

    >>> mix = draw_mix(0.2, 4, torch.Generator().manual_seed(0))
    >>> 0 <= mix.share <= 1, sorted(mix.partners.tolist())
    (True, [0, 1, 2, 3])
    """
    if not alpha:
        return Mix(share=1.0, partners=torch.arange(num_images))
    # PyTorch draws from Beta with its global generator alone.
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))
    return Mix(share=share, partners=torch.randperm(num_images, generator=generator))

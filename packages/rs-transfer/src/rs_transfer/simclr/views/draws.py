"""The random numbers of a batch of views: all drawn at once, on the CPU."""

from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from rs_transfer.simclr.views.config import ViewsConfig

ORDERS = tuple(permutations(range(4)))
"""All orders of the four changes of colour."""

NOT_JITTERED = len(ORDERS)

# With strength 1.
LARGEST_CHANGE = 0.8
LARGEST_TURN = 0.2

NUMBERS_PER_VIEW = 10


@dataclass(frozen=True, kw_only=True)
class Draws:
    """What happens to each of N views; all tensors are [N], on the CPU.

    Args:
        flipped: whether it is mirrored.
        orders: place of the order of its changes of colour in ``ORDERS``, ``NOT_JITTERED`` for none.
        brightness: factor, or what is added where white is 1.
        contrast: factor of the distance from the mean grey.
        saturation: factor of the distance from grey.
        hue: turns of the colour wheel, positive from red to green.
        grey: whether it loses its colour.
        blurred: whether it is blurred.
        sigmas: standard deviation of the blur in pixels.
    """

    flipped: Tensor
    orders: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    grey: Tensor
    blurred: Tensor
    sigmas: Tensor


def draw(config: ViewsConfig, horizontal_flip: float, num_views: int, generator: torch.Generator) -> Draws:
    """Draw for ``num_views`` views; a batch gets what its views would get one after the other.

    ``horizontal_flip`` is the probability of mirroring. Factors below 0 become 0, as in the released code.
    """
    numbers = torch.rand(num_views, NUMBERS_PER_VIEW, generator=generator).unbind(1)
    flip, jitter, order, brightness, contrast, saturation, hue, grey, blur, sigma = numbers
    change, turn = LARGEST_CHANGE * config.strength, LARGEST_TURN * config.strength
    is_factor = config.brightness == "multiplicative"
    orders = (order * len(ORDERS)).long()
    return Draws(
        flipped=flip < horizontal_flip,
        orders=torch.where(jitter < config.jitter, orders, NOT_JITTERED),
        brightness=factor(brightness, change) if is_factor else between(brightness, -change, change),
        contrast=factor(contrast, change),
        saturation=factor(saturation, change),
        hue=between(hue, -turn, turn),
        grey=grey < config.grey,
        blurred=blur < config.blur,
        sigmas=between(sigma, *config.sigma),
    )


def factor(numbers: Tensor, change: float) -> Tensor:
    """Turn numbers in [0, 1) into factors around 1."""
    return between(numbers, max(0.0, 1 - change), 1 + change)


def between(numbers: Tensor, low: float, high: float) -> Tensor:
    """Spread numbers in [0, 1) over an interval."""
    return low + numbers * (high - low)

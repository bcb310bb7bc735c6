"""Changes of colour of whole batches: float32 images [N, 3, H, W] in [0, 1], changed in place, a number for each.

They are those of ``torchvision.transforms.functional``, on which the other implementations of SimCLR in PyTorch stand.
The released code takes the contrast from the mean of each channel instead of the mean grey, and the saturation from
that of HSV (``tf.image.adjust_contrast`` and ``adjust_saturation``).
"""

import torch
from torch import Tensor

# Weights of red, green and blue in a grey value (ITU-R BT.601).
LUMA = (0.2989, 0.587, 0.114)

# Colours differ by less from grey only by rounding, and have no hue.
LEAST_CHROMA = 1e-7


def multiply_brightness(images: Tensor, factors: Tensor) -> None:
    """Multiply, and clip what becomes whiter than white."""
    images.mul_(per_image(factors)).clamp_(max=1)


def add_brightness(images: Tensor, amounts: Tensor) -> None:
    """Add, and clip to [0, 1]."""
    images.add_(per_image(amounts)).clamp_(0, 1)


def adjust_contrast(images: Tensor, factors: Tensor) -> None:
    """Multiply the distance from the mean grey of the image, and clip."""
    red, green, blue = images.mean((2, 3)).unbind(1)
    means = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    images.mul_(per_image(factors)).add_(per_image((1 - factors) * means)).clamp_(0, 1)


def adjust_saturation(images: Tensor, factors: Tensor) -> None:
    """Multiply the distance of every pixel from its grey, and clip."""
    images.lerp_(luma(images), per_image(1 - factors)).clamp_(0, 1)


def adjust_hue(images: Tensor, turns: Tensor) -> None:
    """Turn the colour wheel: value and saturation of HSV stay, the hue moves by ``turns``, in [-0.5, 0.5].

    Without a comparison, which takes a CPU ten times longer than arithmetic.
    """
    red, green, blue = channels_of(images)
    least = torch.minimum(torch.minimum(red, green), blue)
    chroma = torch.maximum(torch.maximum(red, green), blue).sub_(least)
    hue = from_cyan(red, green, blue, least, chroma).add_(per_image(6 * turns))
    hue.sub_(torch.round(hue / 6), alpha=6)
    # How much of the chroma each colour has rises, stays and falls along the wheel: red is least around cyan, and
    # most from 2 on; green is most around -1 and blue around 1, and both least from 2 away from there.
    low, high = least - chroma, torch.add(least, chroma, alpha=2)
    torch.addcmul(low, hue.abs().clamp_(1, 2), chroma, out=red)
    torch.addcmul(high, (hue + 1).abs_().clamp_(1, 2), chroma, value=-1, out=green)
    torch.addcmul(high, hue.sub_(1).abs_().clamp_(1, 2), chroma, value=-1, out=blue)


def from_cyan(red: Tensor, green: Tensor, blue: Tensor, least: Tensor, chroma: Tensor) -> Tensor:
    """Give the hue in sixths of a turn from cyan: -1 is green, 1 blue, and both 3 and -3 are red."""
    from_red = (green + blue).sub_(red).sub_(least).div_(chroma.clamp_min(LEAST_CHROMA)).add_(1)
    return torch.copysign(from_red.neg_().add_(3), blue - green)


def make_grey(images: Tensor, chosen: Tensor) -> None:
    """Take the colour from those images that bool [N] chooses."""
    images.lerp_(luma(images), per_image(chosen.float()))


def luma(images: Tensor) -> Tensor:
    """Give the grey values [N, 1, H, W] of images."""
    red, green, blue = channels_of(images)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


def channels_of(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give views [N, 1, H, W] of the three channels."""
    return images[:, :1], images[:, 1:2], images[:, 2:]


def per_image(values: Tensor) -> Tensor:
    """Make one value for each image broadcast over its pixels."""
    return values.view(-1, 1, 1, 1)

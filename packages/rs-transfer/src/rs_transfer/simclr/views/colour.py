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
    grey = luma(images).mul_(per_image(1 - factors))
    images.mul_(per_image(factors)).add_(grey).clamp_(0, 1)


def adjust_hue(images: Tensor, turns: Tensor) -> None:
    """Turn the colour wheel: value and saturation of HSV stay, the hue moves by ``turns``, in [-0.5, 0.5]."""
    red, green, blue = channels_of(images)
    largest = torch.maximum(torch.maximum(red, green), blue)
    least = torch.minimum(torch.minimum(red, green), blue)
    chroma = largest - least
    hue = sixths(red, green, blue, largest, chroma).add_(per_image(6 * turns))
    hue.sub_(torch.floor(hue / 6).mul_(6))
    # How much of the chroma each colour gets rises and falls along the wheel: red is full around 0, green at 2, blue
    # at 4.
    torch.addcmul(least, (hue - 3).abs_().sub_(1).clamp_(0, 1), chroma, out=red)
    torch.addcmul(least, (hue - 2).abs_().neg_().add_(2).clamp_(0, 1), chroma, out=green)
    torch.addcmul(least, hue.sub_(4).abs_().neg_().add_(2).clamp_(0, 1), chroma, out=blue)


def sixths(red: Tensor, green: Tensor, blue: Tensor, largest: Tensor, chroma: Tensor) -> Tensor:
    """Give the hue in sixths of a turn, in [-1, 5]; 0 for grey."""
    is_red, is_green = red == largest, green == largest
    along = torch.where(is_red, green - blue, torch.where(is_green, blue - red, red - green))
    along.div_(chroma.clamp_min(LEAST_CHROMA))
    start = torch.where(is_green, 2.0, 4.0).masked_fill_(is_red, 0.0)
    return along.add_(start)


def make_grey(images: Tensor, chosen: Tensor) -> None:
    """Take the colour from those images that bool [N] chooses."""
    images.copy_(torch.where(per_image(chosen), luma(images), images))


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

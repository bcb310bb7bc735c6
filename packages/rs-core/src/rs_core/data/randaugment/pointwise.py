"""Operations that look at one value at a time, in uint8 arithmetic."""

from torch import Tensor


def invert(images: Tensor) -> Tensor:
    """Return 255 - v for every value of a uint8 tensor."""
    return images.bitwise_not()


def posterize(images: Tensor, num_cleared_bits: int) -> Tensor:
    """Clear the ``num_cleared_bits`` lowest bits of a uint8 tensor (0 to 8)."""
    return images & (0xFF << num_cleared_bits & 0xFF)


def solarize(images: Tensor, threshold: int) -> Tensor:
    """Invert the values of a uint8 tensor that are at least ``threshold`` (0 or more)."""
    if threshold > 255:
        return images.clone()
    # An in-place comparison stays in bytes and is vectorised; torch.where is fifty times slower on a CPU.
    flipped_bits = images.clone().ge_(threshold).mul_(255)
    return flipped_bits.bitwise_xor_(images)


def solarize_add(images: Tensor, addend: int) -> Tensor:
    """Add ``addend`` (0 or more) to the values of a uint8 tensor below 128 and cut at 255."""
    below = images.clone().lt_(128)
    room = images.bitwise_not()
    return room.clamp_(max=min(addend, 255)).mul_(below).add_(images)

"""RandAugment over whole batches."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from rs_core.data.randaugment.config import Mode, RandAugmentConfig, check_operation
from rs_core.data.randaugment.draws import Draws, draw
from rs_core.data.randaugment.operations import OPERATIONS_OF_MODE
from rs_core.data.randaugment.strength import SIGNED, argument
from rs_core.errors import UserError

# On a CPU, larger groups fall out of the cache between one kernel and the next: at 160 px, pieces of six images
# make a batch of 128 a sixth faster than all images that share an operation at once.
_CACHED_VALUES = 2**19


class RandAugment:
    """Applies ``config.num_layers`` random operations to every image of a batch (arXiv 1909.13719).

    Images that draw the same operation go through it together, on the device they are on. The draws are made
    on the CPU, so they are the same for every device and nothing waits for one.

    >>> augment = RandAugment(RandAugmentConfig(magnitude=15))
    >>> augment(torch.zeros(8, 3, 160, 160, dtype=torch.uint8), torch.Generator().manual_seed(0)).shape
    torch.Size([8, 3, 160, 160])
    """

    def __init__(self, config: RandAugmentConfig) -> None:
        self.config = config

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return augmented copies of uint8 images [N, 3, H, W], in the same memory format.

        Channels-last memory is the fast case. ``generator`` is a CPU generator. A batch gives what its images
        would give one after the other with the same generator.

        Raises:
            UserError: the images have another type or shape.
        """
        _check_images(images)
        num_images, _, height, width = images.shape
        draws = draw(self.config.num_layers, len(self.config.ops), num_images, height, width, generator)
        pixels = _copy_pixels(images)
        _augment(pixels, draws, self.config)
        return _from_pixels(pixels, like=images)


def apply_op(
    name: str,
    images: Tensor,
    magnitude: float,
    *,
    negative: bool = False,
    centre: tuple[int, int] | Tensor | None = None,
    mode: Mode = "faithful",
    translate_const: float = 100.0,
    cutout_const: float = 40.0,
) -> Tensor:
    """Apply one operation to every image of a batch.

    Args:
        name: one of the sixteen names of `RandAugmentConfig.ops`.
        images: uint8 [N, 3, H, W]; not changed.
        magnitude: 0 to 30.
        negative: whether Rotate, a shear or a translation takes its negative argument; others have no sign.
        centre: row and column of the middle of Cutout's square, for all images or int64 [N, 2]; the middle of
            the image if not given.
        mode: as in `RandAugmentConfig`, like the two constants.

    Raises:
        UserError: an argument is out of range or the images have another type or shape.
    """
    check_operation(name)
    _check_images(images)
    config = RandAugmentConfig(
        magnitude=magnitude,
        mode=mode,
        translate_const=translate_const,
        cutout_const=cutout_const,
        ops=(name,),
    )
    num_images, _, height, width = images.shape
    centres = torch.as_tensor((height // 2, width // 2) if centre is None else centre)
    centres = centres.to(images.device).expand(num_images, 2)
    return _from_pixels(_apply(name, negative, _copy_pixels(images), centres, config), like=images)


def _augment(pixels: Tensor, draws: Draws, config: RandAugmentConfig) -> None:
    """Apply the drawn operations to uint8 [N, H, W, 3], in place."""
    device = pixels.device
    max_size = max(1, _CACHED_VALUES // pixels.shape[1:].numel()) if device.type == "cpu" else len(pixels)
    is_signed = torch.tensor([name in SIGNED for name in config.ops])
    words = _as_words(pixels)
    for ops, negative, centres in zip(draws.ops, draws.negative, draws.centres, strict=True):
        keys = 2 * ops + (negative & is_signed[ops])
        order = keys.argsort()
        sorted_rows = order.to(device, non_blocking=True)
        sorted_centres = centres[order].to(device, non_blocking=True)
        for name, is_negative, where in _groups(keys, config.ops, max_size):
            rows = sorted_rows[where]
            augmented = _apply(name, is_negative, pixels.index_select(0, rows), sorted_centres[where], config)
            words.index_copy_(0, rows, _as_words(augmented))


def _as_words(pixels: Tensor) -> Tensor:
    """View each image of uint8 [N, H, W, 3] as a row of int64, if its size allows, or of bytes.

    On a CPU index_copy_ moves one element at a time, so wide elements are eight times faster.
    """
    rows = pixels.flatten(1)
    return rows.view(torch.int64) if rows.shape[1] % 8 == 0 else rows


class _Group(NamedTuple):
    name: str
    negative: bool
    where: slice


def _groups(keys: Tensor, ops: tuple[str, ...], max_size: int) -> Iterator[_Group]:
    """Yield the runs of equal keys of a sorted batch, in pieces of at most ``max_size``.

    A key is twice the operation's position, plus one if the argument is negative.
    """
    stop = 0
    for key, count in enumerate(keys.bincount().tolist()):
        start, stop = stop, stop + count
        for piece in range(start, stop, max_size):
            yield _Group(ops[key // 2], key % 2 == 1, slice(piece, min(piece + max_size, stop)))


def _apply(name: str, negative: bool, pixels: Tensor, centres: Tensor, config: RandAugmentConfig) -> Tensor:
    sign = -1 if negative and name in SIGNED else 1
    return OPERATIONS_OF_MODE[config.mode][name](pixels, sign * argument(name, config), centres)


def _check_images(images: Tensor) -> None:
    if images.dtype != torch.uint8 or images.dim() != 4 or images.shape[1] != 3 or 0 in images.shape[2:]:
        raise UserError(
            f"RandAugment takes uint8 images [N, 3, H, W], not {images.dtype} {list(images.shape)}; "
            "apply it before the conversion to float"
        )


def _copy_pixels(images: Tensor) -> Tensor:
    """Copy images [N, 3, H, W] as contiguous [N, H, W, 3]."""
    return images.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format)


def _from_pixels(pixels: Tensor, *, like: Tensor) -> Tensor:
    """Turn [N, H, W, 3] into [N, 3, H, W] in the memory format of ``like``."""
    images = pixels.permute(0, 3, 1, 2)
    channels_last = like.is_contiguous(memory_format=torch.channels_last)
    return images if channels_last else images.contiguous()

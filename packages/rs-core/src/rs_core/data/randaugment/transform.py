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

# On a CPU, larger groups fall out of the cache between one kernel and the next, and smaller ones pay for more
# kernel launches: four images at 160 px.
_CACHED_VALUES = 5 * 2**16


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

        Contiguous memory is the fast case; channels-last images are converted before and after. ``generator`` is
        a CPU generator. A batch gives what its images would give one after the other with the same generator.

        Raises:
            UserError: the images have another type or shape.
        """
        _check_images(images)
        num_images, _, height, width = images.shape
        draws = draw(self.config.num_layers, len(self.config.ops), num_images, height, width, generator)
        return _in_format_of(images, _augment(images.contiguous(), draws, self.config))


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
    return _in_format_of(images, _apply(name, negative, images.contiguous(), centres, config))


def _augment(images: Tensor, draws: Draws, config: RandAugmentConfig) -> Tensor:
    """Return contiguous uint8 images [N, 3, H, W] with the drawn operations applied."""
    if config.num_layers == 0:
        return images.clone()
    device = images.device
    max_size = max(1, _CACHED_VALUES // images.shape[1:].numel()) if device.type == "cpu" else len(images)
    is_signed = torch.tensor([name in SIGNED for name in config.ops])
    augmented = torch.empty_like(images)
    target = _as_words(augmented)
    for ops, negative, centres in zip(draws.ops, draws.negative, draws.centres, strict=True):
        keys = 2 * ops + (negative & is_signed[ops])
        order = keys.argsort()
        sorted_rows = order.to(device, non_blocking=True)
        sorted_centres = centres[order].to(device, non_blocking=True)
        for name, is_negative, where in _groups(keys, config.ops, max_size):
            rows = sorted_rows[where]
            result = _apply(name, is_negative, images.index_select(0, rows), sorted_centres[where], config)
            target.index_copy_(0, rows, _as_words(result))
        images = augmented
    return augmented


def _as_words(images: Tensor) -> Tensor:
    """View each image of uint8 [N, 3, H, W] as a row of 16-byte elements, if its size allows, or of bytes.

    On a CPU index_copy_ moves one element at a time, so wide elements are many times faster.
    """
    rows = images.flatten(1)
    return rows.view(torch.complex128) if rows.shape[1] % 16 == 0 else rows


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


def _apply(name: str, negative: bool, images: Tensor, centres: Tensor, config: RandAugmentConfig) -> Tensor:
    sign = -1 if negative and name in SIGNED else 1
    return OPERATIONS_OF_MODE[config.mode][name](images, sign * argument(name, config), centres)


def _check_images(images: Tensor) -> None:
    if images.dtype != torch.uint8 or images.dim() != 4 or images.shape[1] != 3 or 0 in images.shape[2:]:
        raise UserError(
            f"RandAugment takes uint8 images [N, 3, H, W], not {images.dtype} {list(images.shape)}; "
            "apply it before the conversion to float"
        )


def _in_format_of(images: Tensor, augmented: Tensor) -> Tensor:
    """Return contiguous ``augmented`` [N, 3, H, W] in the memory format of ``images``."""
    if images.is_contiguous() or not images.is_contiguous(memory_format=torch.channels_last):
        return augmented
    # On a CPU faster than contiguous(memory_format=torch.channels_last).
    return torch.stack(augmented.unbind(1), dim=3).permute(0, 3, 1, 2)

"""From cropped uint8 images to views, batched on the device that they are on."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rs_core.data.augment import mirror, one_thread
from rs_core.errors import UserError
from rs_transfer.simclr.views.blur import gaussian_blur, radius_for
from rs_transfer.simclr.views.colour import (
    add_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    make_grey,
    multiply_brightness,
)
from rs_transfer.simclr.views.config import ViewsConfig
from rs_transfer.simclr.views.draws import NOT_JITTERED, ORDERS, Draws, draw

# On a CPU, what is worked on at once stays in the cache from one kernel to the next: an image of 224 px, or 50 of 32.
CACHED_VALUES = 3 * 224 * 224


class ViewAugment:
    """Mirrors, changes colours, takes colour away and blurs, each by chance (google-research/simclr:data_util.py).

    Images whose colours change in the same order go through the changes together. The draws are made on the CPU, so
    they are the same for every device and nothing waits for one.

    >>> augment = ViewAugment(ViewsConfig(), horizontal_flip=0.5)
    >>> crops = torch.zeros(8, 3, 32, 32, dtype=torch.uint8)
    >>> augment(crops, torch.Generator().manual_seed(0)).shape
    torch.Size([8, 3, 32, 32])
    """

    def __init__(self, config: ViewsConfig, *, horizontal_flip: float) -> None:
        self.config, self.horizontal_flip = config, horizontal_flip
        is_factor = config.brightness == "multiplicative"
        self.brightness = multiply_brightness if is_factor else add_brightness

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Make a view, float32 in [0, 1], of each of uint8 images [N, 3, H, W] on any device.

        All random numbers come from ``generator``, which is on the CPU. On a CPU one thread does the work.

        Raises:
            UserError: images of another type or shape.
        """
        if images.dtype != torch.uint8 or images.dim() != 4 or images.shape[1] != 3:
            raise UserError(f"views are made of uint8 images [N, 3, H, W], not {images.dtype} {list(images.shape)}")
        draws = draw(self.config, self.horizontal_flip, len(images), generator)
        if images.device.type != "cpu":
            return self._augment(images, draws)
        with one_thread():
            return self._augment(images, draws)

    def _augment(self, images: Tensor, draws: Draws) -> Tensor:
        views = new_views(images)
        at_once = max(1, CACHED_VALUES // images[0].numel()) if images.device.type == "cpu" else len(images)
        for group in groups_of(draws, at_once):
            crops = images.index_select(0, group.rows.to(images.device, non_blocking=True))
            flipped = draws.flipped[group.rows].to(images.device, non_blocking=True)
            pixels = self._change(mirror(crops, flipped).float().div_(255), draws, group)
            torch._foreach_copy_([views[row] for row in group.rows.tolist()], list(pixels.unbind()))
        return views

    def _change(self, pixels: Tensor, draws: Draws, group: "Group") -> Tensor:
        """Change a group of views in place, but for blur, which makes new ones."""
        device, rows = pixels.device, group.rows
        changes = (
            (self.brightness, draws.brightness),
            (adjust_contrast, draws.contrast),
            (adjust_saturation, draws.saturation),
            (adjust_hue, draws.hue),
        )
        for place in group.order:
            change, amounts = changes[place]
            change(pixels, amounts[rows].to(device, non_blocking=True))
        if draws.grey[rows].any():
            make_grey(pixels, draws.grey[rows].to(device, non_blocking=True))
        if group.is_blurred:
            pixels = gaussian_blur(pixels, draws.sigmas[rows], radius_for(pixels.shape[2]))
        return pixels


class Group(NamedTuple):
    """Views that are treated alike: their rows, int64 [n] on the CPU, the order of their changes, whether to blur."""

    rows: Tensor
    order: tuple[int, ...]
    is_blurred: bool


def groups_of(draws: Draws, at_once: int) -> Iterator[Group]:
    """Give every view in one group, with at most ``at_once`` views in each."""
    kinds = 2 * draws.orders + draws.blurred
    for kind in kinds.bincount().nonzero()[:, 0].tolist():
        order, is_blurred = divmod(kind, 2)
        for rows in (kinds == kind).nonzero()[:, 0].split(at_once):
            yield Group(rows, () if order == NOT_JITTERED else ORDERS[order], bool(is_blurred))


def new_views(images: Tensor) -> Tensor:
    """Give uninitialised float32 memory for views of images on the same device."""
    if images.device.type != "cpu":
        return torch.empty(images.shape, device=images.device)
    # NumPy asks for huge pages: faults, which cost more than a pass over the pixels, are many times fewer.
    return torch.from_numpy(np.empty(images.shape, np.float32))

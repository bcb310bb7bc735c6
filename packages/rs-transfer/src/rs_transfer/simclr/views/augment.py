"""From cropped uint8 images to views, batched on the device that they are on."""

from collections.abc import Iterator
from contextlib import nullcontext

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

# Images in one convolution on a CPU.
BLURRED_AT_ONCE = 10


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
        on_cpu = images.device.type == "cpu"
        with one_thread() if on_cpu else nullcontext(), torch.autocast(images.device.type, enabled=False):
            views = self._recolour(images, draws)
            blur(views, draws)
        return views

    def _recolour(self, images: Tensor, draws: Draws) -> Tensor:
        """Make views as they are before blur."""
        views = new_views(images)
        at_once = max(1, CACHED_VALUES // images[0].numel()) if images.device.type == "cpu" else len(images)
        for order, rows in groups_of(draws, at_once):
            crops = images.index_select(0, rows.to(images.device, non_blocking=True))
            flipped = draws.flipped[rows].to(images.device, non_blocking=True)
            pixels = mirror(crops, flipped).float().div_(255)
            self._change(pixels, draws, order, rows)
            torch._foreach_copy_([views[row] for row in rows.tolist()], list(pixels.unbind()))
        return views

    def _change(self, pixels: Tensor, draws: Draws, order: tuple[int, ...], rows: Tensor) -> None:
        """Change the colours of some views in place, in one order."""
        changes = (
            (self.brightness, draws.brightness),
            (adjust_contrast, draws.contrast),
            (adjust_saturation, draws.saturation),
            (adjust_hue, draws.hue),
        )
        for place in order:
            change, amounts = changes[place]
            change(pixels, amounts[rows].to(pixels.device, non_blocking=True))
        if draws.grey[rows].any():
            make_grey(pixels, draws.grey[rows].to(pixels.device, non_blocking=True))


def groups_of(draws: Draws, at_once: int) -> Iterator[tuple[tuple[int, ...], Tensor]]:
    """Give the views that change in the same order: the order, and at most ``at_once`` rows, int64 on the CPU."""
    for number in draws.orders.bincount().nonzero()[:, 0].tolist():
        order = () if number == NOT_JITTERED else ORDERS[number]
        for rows in torch.split((draws.orders == number).nonzero()[:, 0], at_once):
            yield order, rows


def blur(views: Tensor, draws: Draws) -> None:
    """Blur those views in place that are to be."""
    at_once = BLURRED_AT_ONCE if views.device.type == "cpu" else len(views)
    for rows in torch.split(draws.blurred.nonzero()[:, 0], at_once):
        chosen = [views[row] for row in rows.tolist()]
        if chosen:
            blurred = gaussian_blur(torch.stack(chosen), draws.sigmas[rows], radius_for(views.shape[2]))
            torch._foreach_copy_(chosen, list(blurred.unbind()))


def new_views(images: Tensor) -> Tensor:
    """Give uninitialised float32 memory for views of images on the same device."""
    if images.device.type != "cpu":
        return torch.empty(images.shape, device=images.device)
    # NumPy asks for huge pages: faults, which cost more than a pass over the pixels, are many times fewer.
    return torch.from_numpy(np.empty(images.shape, np.float32))

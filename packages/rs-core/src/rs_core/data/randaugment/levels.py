"""Operations that spread the levels of each channel: AutoContrast and Equalize."""

import torch
from torch import Tensor

from rs_core.data.randaugment.blending import to_uint8


def autocontrast(images: Tensor, precision: torch.dtype) -> Tensor:
    """Stretch each channel linearly so that its smallest value becomes 0 and its largest 255.

    Args:
        images: uint8 [n, 3, H, W]. A channel of one value stays as it is.
        precision: floating type of the arithmetic; the result is truncated, so it matters to the last bit.
    """
    low = images.amin((2, 3), keepdim=True).to(precision)
    high = images.amax((2, 3), keepdim=True).to(precision)
    flat = high == low
    # Not 255 / (...), which torch computes as a product with the reciprocal.
    scale = torch.full_like(high, 255).div_(high - low).masked_fill_(flat, 1)
    offset = (-low * scale).masked_fill_(flat, 0)
    return to_uint8(images.to(precision).mul_(scale).add_(offset))


def equalize(images: Tensor) -> Tensor:
    """Flatten the histogram of each channel with the integer rule of PIL, which TensorFlow's code shares.

    Args:
        images: uint8 [n, 3, H, W]. A channel stays as it is when it has too few distinct pixels for a step.
    """
    num_channels = images.shape[:2].numel()
    # 256 bins for each channel of each image, in int32: half the bytes of the usual int64.
    first_bin = torch.arange(0, 256 * num_channels, 256, dtype=torch.int32, device=images.device)
    bins = images.flatten(0, 1).flatten(1).to(torch.int32).add_(first_bin[:, None]).flatten()
    tables = _equalizing_tables(_count(bins, 256 * num_channels).view(num_channels, 256))
    return tables.flatten().index_select(0, bins).view_as(images)


def _count(bins: Tensor, num_bins: int) -> Tensor:
    """Return how often each bin occurs, int64 [num_bins]."""
    if bins.device.type == "cpu":
        return bins.bincount(minlength=num_bins)
    # Half as fast on a CPU, but bincount makes the host wait for a GPU.
    ones = torch.ones((), dtype=torch.int64, device=bins.device).expand_as(bins)
    return torch.zeros(num_bins, dtype=torch.int64, device=bins.device).index_add_(0, bins, ones)


def _equalizing_tables(histogram: Tensor) -> Tensor:
    """Turn histograms, int64 [..., 256], into look-up tables, uint8 of the same shape."""
    values = torch.arange(256, device=histogram.device)
    last_value = ((histogram > 0) * values).amax(-1, keepdim=True)
    num_pixels = histogram.sum(-1, keepdim=True)
    step = (num_pixels - histogram.gather(-1, last_value)) // 255
    num_below = histogram.cumsum(-1) - histogram
    spread = ((num_below + step // 2) // step.clamp(min=1)).clamp_(max=255)
    return torch.where(step == 0, values, spread).to(torch.uint8)

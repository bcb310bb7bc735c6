"""Operations that spread the levels of each channel: AutoContrast and Equalize."""

import torch
from torch import Tensor

from rs_core.data.randaugment.blending import to_uint8


def autocontrast(images: Tensor, precision: torch.dtype) -> Tensor:
    """Stretch each channel linearly so that its smallest value becomes 0 and its largest 255.

    Args:
        images: uint8 [n, H, W, 3]. A channel of one value stays as it is.
        precision: floating type of the arithmetic; the result is truncated, so it matters to the last bit.
    """
    num_images, _, width, _ = images.shape
    rows = images.flatten(2)
    # Over the height first: that reduces long contiguous rows.
    low = rows.amin(1).view(num_images, width, 3).amin(1).to(precision)
    high = rows.amax(1).view(num_images, width, 3).amax(1).to(precision)
    flat = high == low
    # Not 255 / (...), which torch computes as a product with the reciprocal.
    scale = torch.full_like(high, 255).div_(high - low).masked_fill_(flat, 1)
    offset = (-low * scale).masked_fill_(flat, 0)
    # Long rows let the broadcast run over contiguous memory instead of three values at a time.
    scale_row, offset_row = (v.repeat(1, width).view(num_images, 1, width * 3) for v in (scale, offset))
    stretched = rows.to(precision).mul_(scale_row).add_(offset_row)
    return to_uint8(stretched).view_as(images)


def equalize(images: Tensor) -> Tensor:
    """Flatten the histogram of each channel with the integer rule of PIL, which TensorFlow's code shares.

    Args:
        images: uint8 [n, H, W, 3]. A channel stays as it is when it has too few distinct pixels for a step.
    """
    num_images, height, width, _ = images.shape
    # 256 bins for each channel. Added up in int16: fewer bytes to move than in the int64 that an index needs.
    first_bin = torch.arange(0, 768, 256, dtype=torch.int16, device=images.device).repeat(height * width)
    bins = images.flatten(1).to(torch.int16).add_(first_bin).long()
    ones = torch.ones((), dtype=torch.int32, device=images.device).expand_as(bins)
    histogram = torch.zeros(num_images, 768, dtype=torch.int32, device=images.device).scatter_add_(1, bins, ones)
    tables = _equalizing_tables(histogram.view(num_images, 3, 256))
    return tables.view(num_images, 768).gather(1, bins).view_as(images)


def _equalizing_tables(histogram: Tensor) -> Tensor:
    """Turn histograms, int32 [..., 256], into look-up tables, uint8 of the same shape."""
    values = torch.arange(256, device=histogram.device)
    last_value = ((histogram > 0) * values).amax(-1, keepdim=True)
    num_pixels = histogram.sum(-1, keepdim=True)
    step = (num_pixels - histogram.gather(-1, last_value)) // 255
    num_below = histogram.cumsum(-1) - histogram
    spread = ((num_below + step // 2) // step.clamp(min=1)).clamp_(max=255)
    return torch.where(step == 0, values, spread).to(torch.uint8)

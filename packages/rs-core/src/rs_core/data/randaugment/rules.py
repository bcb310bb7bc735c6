"""Where the released TensorFlow code and PIL differ."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rs_core.data.randaugment.blending import GreyVersion
from rs_core.data.randaugment.geometry import Matrix, SourcePixels


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One reading of the operations; the rest they share. Images are uint8 [n, 3, H, W].

    Args:
        autocontrast_precision: floating type that AutoContrast calculates in.
        num_cleared_bits: from Posterize's kept bits to the low bits set to zero.
        solarize_threshold: from Solarize's nominal threshold to the one compared with.
        grey: the grey version that Color blends with.
        contrast_grey: the one grey level that Contrast blends with, a number or float32 [n, 1, 1, 1].
        smooth: from values, float32 [n, 3, H, W], to the smooth version that Sharpness blends with; its
            outermost pixels do not matter.
        rotation: from degrees, height and width to a matrix that turns the content anticlockwise.
        source_pixels: how a matrix becomes source pixels.
        shift: from nominal pixels and the image's side to the pixels of a translation.
        half_side: from nominal pixels, height and width to half the side of Cutout's square.
    """

    autocontrast_precision: torch.dtype
    num_cleared_bits: Callable[[int], int]
    solarize_threshold: Callable[[int], int]
    grey: GreyVersion
    contrast_grey: Callable[[Tensor], Tensor | float]
    smooth: Callable[[Tensor], Tensor]
    rotation: Callable[[float, int, int], Matrix]
    source_pixels: SourcePixels
    shift: Callable[[float, int], float]
    half_side: Callable[[int, int, int], int]

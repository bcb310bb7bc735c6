"""Stems: layers, widths, and the size they leave."""

import pytest
import torch
from torch import nn

from rs_core import ResNetConfig
from rs_core.models.stem import Stem

STRIDES = {
    ("7x7", "max_pool"): 4,
    ("7x7", "conv"): 4,
    ("7x7", "stage"): 2,
    ("7x7", "none"): 2,
    ("deep", "max_pool"): 4,
    ("deep", "conv"): 4,
    ("deep", "stage"): 2,
    ("deep", "none"): 2,
    ("small", "max_pool"): 2,
    ("small", "conv"): 2,
    ("small", "stage"): 1,
    ("small", "none"): 1,
}


def build(**options):
    return Stem(ResNetConfig(blocks=(1, 1, 1, 1), **options))


def plan(stem):
    """Give (out_channels, kernel, stride) of each convolution."""
    convs = [m for m in stem if isinstance(m, nn.Conv2d)]
    return [(conv.out_channels, conv.kernel_size[0], conv.stride[0]) for conv in convs]


@pytest.mark.parametrize("padding", ["symmetric", "same"])
@pytest.mark.parametrize("size", [64, 65])
@pytest.mark.parametrize(("stem", "downsampling"), STRIDES)
def test_the_output_has_the_stated_width_and_stride(stem, downsampling, size, padding):
    module = build(stem=stem, stem_downsampling=downsampling, padding=padding, stem_pool_padding=padding)
    assert module.stride == STRIDES[stem, downsampling]
    positions = -(-size // module.stride)
    assert module(torch.zeros(2, 3, size, size)).shape == (2, module.out_channels, positions, positions)


def test_the_default_is_the_stem_of_the_released_code():
    assert plan(build()) == [(32, 3, 2), (32, 3, 1), (64, 3, 1), (64, 3, 2)]


def test_the_paper_s_wider_stem_is_one_option_away():
    stem = build(stem_widths=(64, 64, 64), stem_downsampling="stage")
    assert plan(stem) == [(64, 3, 2), (64, 3, 1), (64, 3, 1)]


def test_the_plain_and_the_small_stem_have_one_convolution():
    assert plan(build(stem="7x7", stem_downsampling="max_pool")) == [(64, 7, 2)]
    assert plan(build(stem="small", stem_downsampling="none")) == [(64, 3, 1)]


@pytest.mark.parametrize("multiplier", [0.25, 0.5, 1.0, 1.5, 2.0])
def test_widths_follow_the_multiplier_only_if_told(multiplier):
    scaled = [channels for channels, _, _ in plan(build(width_multiplier=multiplier))]
    fixed = [channels for channels, _, _ in plan(build(width_multiplier=multiplier, scale_stem=False))]
    assert scaled == [int(width * multiplier) for width in (32, 32, 64, 64)]
    assert fixed == [32, 32, 64, 64]


def test_every_convolution_is_followed_by_batch_norm_and_activation():
    kinds = [type(m) for m in build(activation="silu")]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.SiLU] * 4


@pytest.mark.parametrize("in_channels", [1, 4])
def test_other_numbers_of_channels_are_taken(in_channels):
    assert build(in_channels=in_channels)(torch.zeros(2, in_channels, 16, 16)).shape == (2, 64, 4, 4)

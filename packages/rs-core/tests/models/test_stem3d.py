"""Stems of clips: layers, widths, and the size they leave."""

import pytest
import torch
from torch import nn

from rs_core.models import ResNet3dConfig
from rs_core.models.layers3d import Conv3d
from rs_core.models.stem3d import Stem3d


def build(**options):
    return Stem3d(ResNet3dConfig(blocks=(1, 1, 1, 1), **options))


def plan(stem):
    """Give (out_channels, kernel, stride) of each convolution."""
    return [(m.out_channels, m.kernel_size, m.stride) for m in stem if isinstance(m, nn.Conv3d)]


def test_the_stem_of_r3d_rs_reaches_over_frames_once():
    assert plan(build()) == [
        (32, (5, 3, 3), (2, 2, 2)),
        (32, (1, 3, 3), (1, 1, 1)),
        (64, (1, 3, 3), (1, 1, 1)),
    ]


def test_the_stem_of_r3d_is_one_convolution():
    assert plan(build(stem="7x7")) == [(64, (5, 7, 7), (2, 2, 2))]


@pytest.mark.parametrize(("pool_temporal_stride", "kernel_size"), [(1, (1, 3, 3)), (2, (3, 3, 3))])
@pytest.mark.parametrize("padding", ["same", "symmetric"])
def test_the_pool_reads_several_frames_only_if_it_steps_over_some(pool_temporal_stride, kernel_size, padding):
    pool = build(pool_temporal_stride=pool_temporal_stride, padding=padding).pool
    assert (pool.kernel_size, pool.stride) == (kernel_size, (pool_temporal_stride, 2, 2))


@pytest.mark.parametrize("padding", ["same", "symmetric"])
@pytest.mark.parametrize("stem", ["7x7", "deep"])
@pytest.mark.parametrize(("frames", "temporal_strides"), [(8, (2, 1)), (7, (2, 2)), (1, (2, 2)), (5, (1, 1))])
def test_the_output_has_the_stated_width_and_strides(stem, padding, frames, temporal_strides):
    first, pool = temporal_strides
    module = build(stem=stem, padding=padding, stem_temporal_stride=first, pool_temporal_stride=pool)
    assert (module.stride, module.temporal_stride) == (4, first * pool)
    expected = (2, 64, -(-frames // module.temporal_stride), 9, 8)
    assert module(torch.zeros(2, 3, frames, 33, 32)).shape == expected


def test_width_channels_and_kernel_are_options():
    stem = build(width_multiplier=0.5, in_channels=1, stem_temporal_kernel_size=3)
    assert [channels for channels, _, _ in plan(stem)] == [16, 16, 32]
    assert stem.conv1.weight.shape == (16, 1, 3, 3, 3)


def test_every_convolution_is_followed_by_batch_norm_and_activation():
    assert [type(m) for m in build(activation="silu", padding="symmetric")] == [
        *[Conv3d, nn.BatchNorm3d, nn.SiLU] * 3,
        nn.MaxPool3d,
    ]

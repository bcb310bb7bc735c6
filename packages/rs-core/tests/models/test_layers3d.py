"""Layers of clips against TensorFlow, and against their own images."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.layers import conv2d
from rs_core.models.layers3d import Conv3dSame, SelfGating, batch_norm3d, conv3d, convolve, max_pool3d


def waves(*shape):
    return torch.arange(2.0 * np.prod(shape), dtype=torch.float64).reshape(1, 2, *shape).sin()


extents = st.tuples(*[st.sampled_from([1, 3, 5])] * 3)
strides = st.tuples(*[st.integers(1, 3)] * 3)
paddings = st.sampled_from(["symmetric", "same"])


@settings(deadline=None)
@given(size=st.tuples(*[st.integers(1, 9)] * 3), kernel_size=extents, stride=strides, padding=paddings)
def test_convolution_and_pool_give_the_size_over_the_stride_rounded_up(size, kernel_size, stride, padding):
    expected = tuple(-(-n // step) for n, step in zip(size, stride, strict=True))
    x = torch.zeros(1, 2, *size)
    assert conv3d(2, 3, kernel_size, stride=stride, padding=padding)(x).shape == (1, 3, *expected)
    assert max_pool3d(kernel_size, stride, padding)(x).shape == (1, 2, *expected)


def test_batch_norm_has_the_numbers_of_the_network():
    norm = batch_norm3d(7, ResNet3dConfig(blocks=(1, 1, 1, 1), bn_eps=1e-3, bn_momentum=0.25))
    assert isinstance(norm, nn.BatchNorm3d)
    assert (norm.num_features, norm.eps, norm.momentum) == (7, 1e-3, 0.25)


@pytest.mark.parametrize("padding", ["symmetric", "same"])
@pytest.mark.parametrize("size", [8, 9])
def test_one_frame_is_an_image(padding, size):
    flat = conv3d(2, 3, (1, 3, 3), stride=(1, 2, 2), padding=padding).double()
    image = conv2d(2, 3, 3, stride=2, padding=padding).double()
    image.weight.data = flat.weight.data[:, :, 0]
    x = waves(4, size, size + 1)
    for t in range(4):
        torch.testing.assert_close(flat(x)[:, :, t], image(x[:, :, t]))


@settings(deadline=None)
@given(
    size=st.tuples(*[st.integers(1, 6)] * 3),
    kernel_size=st.sampled_from([(1, 1, 1), (3, 1, 1), (5, 1, 1), (1, 3, 3), (3, 3, 3)]),
    stride=st.tuples(*[st.integers(1, 2)] * 3),
    num_clips=st.integers(1, 3),
    memory_format=st.sampled_from([torch.contiguous_format, torch.channels_last_3d]),
    with_bias=st.booleans(),
)
def test_a_convolution_run_on_images_is_the_one_of_clips(
    size, kernel_size, stride, num_clips, memory_format, with_bias
):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(num_clips, 2, *size, dtype=torch.float64, generator=generator)
    weight = torch.randn(3, 2, *kernel_size, dtype=torch.float64, generator=generator)
    bias = torch.randn(3, dtype=torch.float64, generator=generator) if with_bias else None
    padding = tuple((extent - 1) // 2 for extent in kernel_size)
    results = []
    for function in (convolve, F.conv3d):
        clips = x.to(memory_format=memory_format, copy=True).requires_grad_()
        kernel = weight.clone().requires_grad_()
        y = function(clips, kernel, bias, stride, padding)
        y.square().sum().backward()
        results.append([y, clips.grad, kernel.grad])
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize(
    ("kernel_size", "stride"), [((3, 1, 1), (1, 1, 1)), ((1, 3, 3), (1, 2, 2)), ((1, 1, 1), (1, 2, 2))]
)
def test_a_map_with_channels_last_stays_so(kernel_size, stride):
    x = torch.zeros(2, 8, 4, 6, 6).to(memory_format=torch.channels_last_3d)
    for padding in ("symmetric", "same"):
        y = conv3d(8, 16, kernel_size, stride=stride, padding=padding)(x)
        assert y.is_contiguous(memory_format=torch.channels_last_3d)


def test_paddings_differ_only_where_a_stride_meets_an_even_size():
    same = conv3d(2, 3, (5, 3, 3), stride=(2, 1, 1), padding="same").double()
    symmetric = conv3d(2, 3, (5, 3, 3), stride=(2, 1, 1), padding="symmetric").double()
    symmetric.load_state_dict(same.state_dict())
    assert isinstance(same, Conv3dSame)
    torch.testing.assert_close(same(waves(7, 4, 4)), symmetric(waves(7, 4, 4)))
    assert not torch.allclose(same(waves(8, 4, 4)), symmetric(waves(8, 4, 4)))


@pytest.mark.parametrize(("kernel_size", "stride"), [((1, 3, 3), (1, 2, 2)), ((3, 3, 3), (2, 2, 2))])
def test_the_border_of_a_pool_never_wins(kernel_size, stride):
    x = waves(6, 8, 7) - 2  # all negative: a border of zeros would win
    sides = {(1, 3, 3): (1, 1, 0, 1), (3, 3, 3): (1, 1, 0, 1, 0, 1)}[kernel_size]
    padded = F.pad(x, sides, value=-100)
    assert torch.equal(max_pool3d(kernel_size, stride, "same")(x), F.max_pool3d(padded, kernel_size, stride))
    assert (max_pool3d(kernel_size, stride, "symmetric")(x) < 0).all()


@pytest.mark.slow
def test_convolution_and_pool_equal_tensorflow(tensorflow):
    tf = tensorflow
    kernel_sizes = [(1, 1, 1), (3, 1, 1), (1, 3, 3), (5, 3, 3), (5, 7, 7), (3, 3, 3)]
    for kernel_size in kernel_sizes:
        for stride in [(1, 1, 1), (2, 1, 1), (1, 2, 2), (2, 2, 2)]:
            for size in [(8, 9, 10), (7, 8, 8), (1, 5, 6)]:
                conv = conv3d(2, 3, kernel_size, stride=stride, padding="same").double()
                x = waves(*size)
                channels_last = x.movedim(1, -1).numpy()
                kernel = conv.weight.detach().permute(2, 3, 4, 1, 0).numpy()
                theirs = tf.nn.conv3d(channels_last, kernel, (1, *stride, 1), "SAME").numpy()
                torch.testing.assert_close(conv(x), torch.from_numpy(theirs).movedim(-1, 1))
                pooled = tf.nn.max_pool3d(channels_last.astype("float32"), kernel_size, stride, "SAME").numpy()
                ours = max_pool3d(kernel_size, stride, "same")(x.float())
                assert torch.equal(ours, torch.from_numpy(pooled).movedim(-1, 1))


def test_self_gating_is_the_sigmoid_of_a_1x1x1_convolution_of_the_means():
    gating = SelfGating(4).double()
    conv = nn.Conv3d(4, 4, 1).double()
    conv.weight.data, conv.bias.data = gating.weight.data[:, :, None, None, None], gating.bias.data
    x = torch.randn(3, 4, 2, 5, 6, dtype=torch.float64)
    expected = torch.sigmoid(conv(F.adaptive_avg_pool3d(x, 1)))
    torch.testing.assert_close(gating(x.mean((2, 3, 4))), expected.flatten(1))

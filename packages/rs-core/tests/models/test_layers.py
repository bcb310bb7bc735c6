"""Layers against timm, closed forms and recorded TensorFlow numbers."""

import numpy as np
import pytest
import timm.layers
import timm.layers.selective_kernel
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rs_core.models.config import ResNetConfig
from rs_core.models.layers import (
    Conv2dSame,
    MaxPool2dSame,
    SelectiveKernel,
    ShortcutPool,
    SqueezeExcitation,
    activation,
    batch_norm,
    conv2d,
    drop_path_scale,
    global_mean,
    pad_same,
    selection_width,
)


def ramp(height, width):
    return torch.arange(2.0 * height * width, dtype=torch.float64).reshape(1, 2, height, width).sin()


@settings(deadline=None)
@given(
    size=st.integers(7, 20),
    kernel_size=st.sampled_from([1, 3, 7]),
    stride=st.sampled_from([1, 2]),
    dilation=st.sampled_from([1, 2]),
    padding=st.sampled_from(["symmetric", "same"]),
)
def test_a_convolution_gives_the_size_over_the_stride_rounded_up(size, kernel_size, stride, dilation, padding):
    conv = conv2d(2, 3, kernel_size, stride=stride, dilation=dilation, padding=padding)
    expected = -(-size // stride)
    assert conv(torch.zeros(1, 2, size, size + 1)).shape == (1, 3, expected, -(-(size + 1) // stride))


@pytest.mark.parametrize(
    ("kernel_size", "size", "left", "right"), [(3, 8, 0, 1), (3, 9, 1, 1), (7, 8, 2, 3), (7, 9, 3, 3), (1, 8, 0, 0)]
)
def test_same_padding_puts_the_odd_pixel_at_the_bottom_and_the_right(kernel_size, size, left, right):
    x = ramp(size, size)
    assert torch.equal(pad_same(x, (kernel_size,) * 2, (2, 2)), F.pad(x, (left, right, left, right)))


@settings(deadline=None)
@given(size=st.integers(5, 17), kernel_size=st.sampled_from([3, 7]), dilation=st.sampled_from([1, 2]))
def test_same_convolution_equals_timm(size, kernel_size, dilation):
    ours = Conv2dSame(2, 3, kernel_size, 2, 0, dilation, bias=False).double()
    theirs = timm.layers.Conv2dSame(2, 3, kernel_size, 2, 0, dilation, bias=False).double()
    theirs.load_state_dict(ours.state_dict())
    x = ramp(size, size + 2)
    torch.testing.assert_close(ours(x), theirs(x))


def test_paddings_agree_at_odd_sizes_and_differ_at_even_ones():
    torch.manual_seed(0)
    symmetric, same = conv2d(2, 3, 3, stride=2), conv2d(2, 3, 3, stride=2, padding="same")
    same.load_state_dict(symmetric.state_dict())
    odd, even = ramp(9, 9).float(), ramp(8, 8).float()
    assert torch.allclose(symmetric(odd), same(odd))
    assert not torch.allclose(symmetric(even), same(even))


@pytest.mark.parametrize("size", [8, 9])
def test_the_border_of_the_same_max_pool_never_wins(size):
    x = ramp(size, size + 1) - 2  # all negative: a border of zeros would win
    total = {8: (0, 1), 9: (1, 1)}
    padded = F.pad(x, (*total[17 - size], *total[size]), value=-100)
    assert torch.equal(MaxPool2dSame()(x), F.max_pool2d(padded, 3, 2))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("height", "width"), [(6, 8), (7, 9), (1, 1), (5, 6)])
def test_the_shortcut_pool_averages_the_pixels_that_exist(stride, height, width):
    x = ramp(height, width)
    mean = torch.empty(1, 2, -(-height // stride), -(-width // stride), dtype=torch.float64)
    for i in range(mean.shape[2]):
        for j in range(mean.shape[3]):
            window = x[:, :, i * stride : i * stride + 2, j * stride : j * stride + 2]
            mean[:, :, i, j] = window.mean((2, 3))
    torch.testing.assert_close(ShortcutPool(stride)(x), mean)


@pytest.mark.slow  # it compiles
def test_a_compiled_shortcut_pool_of_stride_1_learns():
    """Inductor moves the maps of convolutions to channels last, which the gradient of some paddings does not expect."""
    layers = torch.nn.Sequential(conv2d(3, 16, 3), ShortcutPool(1), conv2d(16, 16, 1))
    images = torch.randn(2, 3, 16, 16)
    layers(images).sum().backward()
    expected = layers[0].weight.grad.clone()
    layers.zero_grad()
    torch.compile(layers)(images).sum().backward()
    torch.testing.assert_close(layers[0].weight.grad, expected)


def test_squeeze_excitation_equals_the_1x1_convolutions_of_timm():
    ours = SqueezeExcitation(16, 0.25).double()
    theirs = timm.layers.SEModule(16, rd_channels=4).double()
    for layer, conv in [(ours.reduce, theirs.fc1), (ours.expand, theirs.fc2)]:
        conv.weight.data = layer.weight.data[:, :, None, None]
        conv.bias.data = layer.bias.data
    x = torch.randn(3, 16, 5, 7, dtype=torch.float64)
    torch.testing.assert_close(x * ours(x.mean((2, 3)))[:, :, None, None], theirs(x))


@pytest.mark.parametrize(("channels", "ratio", "reduced"), [(256, 0.25, 64), (10, 0.25, 2), (3, 0.1, 1)])
def test_the_squeezed_width_is_cut_off_and_at_least_one(channels, ratio, reduced):
    assert SqueezeExcitation(channels, ratio).reduce.out_features == reduced


def selective_kernel(channels=16):
    """One whose batch norm has something to do."""
    torch.manual_seed(0)
    layer = SelectiveKernel(channels, 0.25, bn_eps=1e-3, bn_momentum=0.1)
    for tensor in (layer.bn.weight, layer.bn.running_var):
        torch.nn.init.uniform_(tensor, 0.5, 1.5)
    for tensor in (layer.bn.bias, layer.bn.running_mean):
        torch.nn.init.normal_(tensor, std=0.1)
    return layer.eval()


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_a_selective_kernel_weighs_two_streams_as_the_attention_of_timm(training):
    ours = selective_kernel().double().train(training)
    theirs = timm.layers.selective_kernel.SelectiveKernelAttn(16, 2, 32).double().train(training)
    theirs.fc_reduce.weight.data = ours.reduce.weight.data[:, :, None, None]
    theirs.fc_select.weight.data = ours.expand.weight.data[:, :, None, None]
    theirs.bn.load_state_dict(ours.bn.state_dict())
    theirs.bn.eps = 1e-3
    x = torch.randn(3, 32, 5, 7, dtype=torch.float64)
    streams = x.unflatten(1, (2, 16))
    torch.testing.assert_close(ours(x), (streams * theirs(streams)).sum(1))
    torch.testing.assert_close(ours.bn.running_var, theirs.bn.running_var)


def test_a_selective_kernel_of_equal_streams_is_that_stream():
    stream = torch.randn(3, 16, 5, 7)
    torch.testing.assert_close(selective_kernel()(torch.cat([stream, stream], 1)), stream)


@pytest.mark.parametrize(("channels", "ratio", "reduced"), [(64, 0.0625, 32), (1024, 0.0625, 64), (1000, 0.05, 50)])
def test_the_reduced_width_of_a_selective_kernel_is_cut_off_and_at_least_32(channels, ratio, reduced):
    assert selection_width(channels, ratio) == reduced
    assert SelectiveKernel(channels, ratio, bn_eps=1e-5, bn_momentum=0.1).reduce.out_features == reduced


def test_a_selective_kernel_keeps_the_memory_format():
    x = torch.randn(2, 32, 5, 7)
    layer = selective_kernel()
    y = layer(x.to(memory_format=torch.channels_last))
    assert y.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, layer(x))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 2e-3), (torch.bfloat16, 2e-2)])
def test_a_selective_kernel_keeps_the_precision_of_its_streams_under_autocast(dtype, tolerance):
    x = torch.randn(2, 32, 5, 7)
    layer = selective_kernel()
    with torch.autocast("cpu", dtype):
        y = layer(x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), layer(x), rtol=0, atol=tolerance * float(x.abs().max()))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-14), (torch.float16, 1e-3), (torch.bfloat16, 1e-2)]
)
def test_the_global_mean_does_not_overflow_where_the_sum_would(dtype, tolerance):
    x = (60 + 10 * torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))).to(dtype)
    assert x.double().sum((2, 3)).min() > torch.finfo(torch.float16).max
    torch.testing.assert_close(global_mean(x).double(), x.double().mean((2, 3)), rtol=tolerance, atol=0)


def test_drop_path_equals_the_recorded_drop_connect_of_the_released_code(shared):
    recorded = np.load(shared / "oracles" / "recipe_curves.npz")
    uniform = torch.from_numpy(recorded["drop_connect_u"])
    branch = torch.from_numpy(recorded["drop_connect_in"])
    ours = branch * drop_path_scale(uniform, float(recorded["drop_connect_rate"]))
    torch.testing.assert_close(ours, torch.from_numpy(recorded["drop_connect_out"]), rtol=1e-6, atol=1e-6)


@settings(deadline=None)
@given(st.floats(0.0, 0.99))
def test_drop_path_keeps_the_mean(rate):
    uniform = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    scale = drop_path_scale(uniform, rate)
    assert float(scale.mean()) == pytest.approx(1.0, abs=2e-3)
    assert set(scale.tolist()) <= {0.0, 1.0 / (1.0 - rate)}


def test_batch_norm_has_the_numbers_of_the_network():
    norm = batch_norm(7, ResNetConfig(blocks=(1, 1, 1, 1), bn_eps=1e-3, bn_momentum=0.25))
    assert isinstance(norm, nn.BatchNorm2d)
    assert (norm.num_features, norm.eps, norm.momentum) == (7, 1e-3, 0.25)


def test_activations_are_the_ones_named():
    x = torch.tensor([-1.0, 2.0])
    assert torch.equal(activation("relu")(x.clone()), torch.tensor([0.0, 2.0]))
    torch.testing.assert_close(activation("silu")(x.clone()), x * torch.sigmoid(x))

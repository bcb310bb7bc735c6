"""Layers of the residual networks that PyTorch lacks or spells differently.

Sources: tensorflow/tpu:models/official/resnet/resnet_layers.py and resnet_model.py (the published weights),
tensorflow/models:official/vision/modeling (TF-"same" padding), google-research/simclr:resnet.py (selective kernels).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:  # it takes its choices from here
    from rs_core.models.config import NetworkConfig

Padding = Literal["symmetric", "same"]
Activation = Literal["relu", "silu"]


def conv2d(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    padding: Padding = "symmetric",
) -> nn.Conv2d:
    """Build a convolution without bias whose output has ``ceil(input / stride)`` positions.

    ``symmetric`` pads ``(k - 1) // 2`` on every side, as the released ResNet-RS code does; ``same`` pads as
    TensorFlow does, one more at the bottom and the right where the total is odd. They differ only at stride 2.
    """
    cls = Conv2dSame if padding == "same" and stride > 1 and kernel_size > 1 else nn.Conv2d
    return cls(
        in_channels,
        out_channels,
        kernel_size,
        stride,
        dilation * (kernel_size - 1) // 2,
        dilation,
        bias=False,
    )


def batch_norm(channels: int, config: "NetworkConfig") -> nn.BatchNorm2d:
    """Build the batch norm that a whole network of images uses."""
    return nn.BatchNorm2d(channels, eps=config.bn_eps, momentum=config.bn_momentum)


class Conv2dSame(nn.Conv2d):
    """A strided convolution with TensorFlow's "same" padding."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C', ceil(H / stride), ceil(W / stride)]``."""
        reach = [step * (size - 1) + 1 for step, size in zip(self.dilation, self.kernel_size, strict=True)]
        padded = pad_same(input, reach, self.stride)
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class MaxPool2dSame(nn.Module):
    """The 3x3 max-pool at stride 2 with TensorFlow's "same" padding; the border never wins."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, ceil(H / 2), ceil(W / 2)]``."""
        padded = pad_same(input, (3, 3), (2, 2), value=float("-inf"))
        return F.max_pool2d(padded, 3, 2)


def pad_same(x: Tensor, reach: Sequence[int], stride: Sequence[int], value: float = 0.0) -> Tensor:
    """Pad ``[N, C, …]`` so that a window gives ``ceil(size / stride)`` positions along every axis.

    ``reach``: what the window spans, ``stride``: what it steps, both per axis after the channels.
    """
    sides: list[int] = []
    for size, span, step in zip(x.shape[2:], reach, stride, strict=True):
        total = (-(-size // step) - 1) * step + span - size
        if span < step:  # otherwise it is positive, and asking would cost an export minutes of algebra
            total = max(total, 0)
        # F.pad names the last axis first.
        sides = [total // 2, total - total // 2, *sides]
    return F.pad(x, sides, value=value)


class ShortcutPool(nn.Module):
    """The 2x2 average pool of a ResNet-D shortcut, with padding left out of the mean.

    At stride 1 (a dilated stage, or Model Garden's first stage) it keeps the size.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, ceil(H / stride), ceil(W / stride)]``."""
        if self.stride == 1:
            # All sides are padded; the windows that begin above or left of the map are not wanted.
            return F.avg_pool2d(x, 2, 1, padding=1, count_include_pad=False)[:, :, 1:, 1:]
        return F.avg_pool2d(x, 2, self.stride, ceil_mode=True, count_include_pad=False)


class SqueezeExcitation(nn.Module):
    """Channel gates from the global mean: reduce, ReLU, expand, sigmoid (Bello et al. 2021, section 4.1).

    The linear layers are the 1x1 convolutions of the released code; on a 1x1 map they are the same thing and
    run faster. The inner activation is ReLU even where the trunk uses SiLU, as in Model Garden.
    """

    def __init__(self, channels: int, ratio: float) -> None:
        super().__init__()
        reduced = max(1, int(channels * ratio))
        self.reduce = nn.Linear(channels, reduced)
        self.expand = nn.Linear(reduced, channels)

    def forward(self, means: Tensor) -> Tensor:
        """Map global means ``[N, C]`` to the gates ``[N, C]`` in (0, 1)."""
        return torch.sigmoid(self.expand(F.relu(self.reduce(means))))


class SelectiveKernel(nn.Module):
    """A choice between two streams, channel by channel, by the global mean of their sum (arXiv 1903.06586).

    As SimCLRv2 has it: both streams come from 3x3 convolutions, and no linear layer has a bias. The layers are linear
    for the same reason as those of :class:`SqueezeExcitation`. Training takes two images or more at a time.
    """

    def __init__(self, channels: int, ratio: float, *, bn_eps: float, bn_momentum: float) -> None:
        super().__init__()
        reduced = selection_width(channels, ratio)
        self.reduce = nn.Linear(channels, reduced, bias=False)
        self.bn = nn.BatchNorm1d(reduced, eps=bn_eps, momentum=bn_momentum)
        self.expand = nn.Linear(reduced, 2 * channels, bias=False)

    def forward(self, streams: Tensor) -> Tensor:
        """Map two streams, one after the other ``[N, 2 * C, H, W]``, to their weighted sum ``[N, C, H, W]``."""
        first, second = streams.chunk(2, dim=1)
        mean_of_first, mean_of_second = global_mean(streams).chunk(2, dim=1)
        hidden = F.relu(self.bn(self.reduce(mean_of_first + mean_of_second)))
        score_of_first, score_of_second = self.expand(hidden).chunk(2, dim=1)
        # A softmax over two scores is a sigmoid of their difference, and the weighted sum then a single kernel.
        share_of_first = torch.sigmoid(score_of_first - score_of_second)
        return torch.lerp(second, first, share_of_first[..., None, None])


def selection_width(channels: int, ratio: float) -> int:
    """Give the reduced width of a selective kernel, which is at least 32.

    >>> selection_width(512, 0.0625), selection_width(1024, 0.0625)
    (32, 64)
    """
    return max(int(channels * ratio), 32)


def global_mean(x: Tensor) -> Tensor:
    """Map ``[N, C, …]`` to the mean over positions ``[N, C]``, faster than ``mean`` where that is safe.

    On a CPU, ``mean`` casts a bfloat16 map to float32 first, and its gradient is a map of its own. The sum of a
    float16 map could overflow, so there it is ``mean``.
    """
    positions = tuple(range(2, x.ndim))
    if x.dtype == torch.float16:
        return x.mean(positions)
    return x.sum(positions) / math.prod(x.shape[2:])


def drop_path_scale(uniform: Tensor, rate: float) -> Tensor:
    """Turn one uniform number per sample into the factor of its residual branch: ``0`` or ``1 / (1 - rate)``.

    The branch survives with probability ``1 - rate`` (resnet_layers.py:stochastic_depth).

    >>> drop_path_scale(torch.tensor([0.1, 0.9]), 0.5)
    tensor([0., 2.])
    """
    keep = 1.0 - rate
    return torch.floor(keep + uniform) / keep


def activation(name: Activation) -> nn.Module:
    """Build ``nn.ReLU`` or ``nn.SiLU``, in place."""
    return nn.ReLU(inplace=True) if name == "relu" else nn.SiLU(inplace=True)

"""Layers of the residual networks that PyTorch lacks or spells differently.

Sources: tensorflow/tpu:models/official/resnet/resnet_layers.py and resnet_model.py (the published weights),
tensorflow/models:official/vision/modeling (TF-"same" padding).
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
    cls = Conv2dSame if padding == "same" and stride > 1 else nn.Conv2d
    return cls(
        in_channels,
        out_channels,
        kernel_size,
        stride,
        dilation * (kernel_size - 1) // 2,
        dilation,
        bias=False,
    )


class Conv2dSame(nn.Conv2d):
    """A strided convolution with TensorFlow's "same" padding."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C', ceil(H / stride), ceil(W / stride)]``."""
        reach = self.dilation[0] * (self.kernel_size[0] - 1) + 1
        padded = pad_same(input, reach, self.stride[0])
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class MaxPool2dSame(nn.Module):
    """The 3x3 max-pool at stride 2 with TensorFlow's "same" padding; the border never wins."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, ceil(H / 2), ceil(W / 2)]``."""
        padded = pad_same(input, 3, 2, value=float("-inf"))
        return F.max_pool2d(padded, 3, 2)


def pad_same(x: Tensor, reach: int, stride: int, value: float = 0.0) -> Tensor:
    """Pad so that a window of ``reach`` pixels at this stride gives ``ceil(size / stride)`` positions."""

    def sides(size: int) -> tuple[int, int]:
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2

    return F.pad(x, (*sides(x.shape[-1]), *sides(x.shape[-2])), value=value)


class ShortcutPool(nn.Module):
    """The 2x2 average pool of a ResNet-D shortcut, with padding left out of the mean.

    At stride 1 (a dilated stage, or Model Garden's first stage) it keeps the size; repeating the last row and
    column there gives the same means as leaving out the padding.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, ceil(H / stride), ceil(W / stride)]``."""
        if self.stride == 1:
            return F.avg_pool2d(F.pad(x, (0, 1, 0, 1), mode="replicate"), 2, 1)
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

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to the gates ``[N, C, 1, 1]`` in (0, 1)."""
        gates = torch.sigmoid(self.expand(F.relu(self.reduce(global_mean(x)))))
        return gates[:, :, None, None]


def global_mean(x: Tensor) -> Tensor:
    """Map ``[N, C, H, W]`` to the mean over positions ``[N, C]``, faster than ``mean`` where that is safe.

    On a CPU, ``mean`` casts a bfloat16 map to float32 first, and its gradient is a map of its own. The sum of a
    float16 map could overflow, so there it is ``mean``.
    """
    if x.dtype == torch.float16:
        return x.mean((2, 3))
    return x.sum((2, 3)) / (x.shape[2] * x.shape[3])


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

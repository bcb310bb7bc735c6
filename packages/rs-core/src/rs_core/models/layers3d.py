"""Layers of the networks of clips ``[N, C, T, H, W]`` that PyTorch lacks or spells differently.

Sources: tensorflow/models:official/vision/modeling/backbones/resnet_3d.py and layers/nn_blocks_3d.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.models.config import NetworkConfig
from rs_core.models.layers import Padding, pad_same

Extent = tuple[int, int, int]
"""Frames, rows, columns."""


def conv3d(
    in_channels: int,
    out_channels: int,
    kernel_size: Extent,
    *,
    stride: Extent = (1, 1, 1),
    padding: Padding,
) -> nn.Conv3d:
    """Build a convolution without bias whose output has ``ceil(input / stride)`` positions along every axis."""
    differ = any(size > 1 and step > 1 for size, step in zip(kernel_size, stride, strict=True))
    cls = Conv3dSame if padding == "same" and differ else nn.Conv3d
    return cls(in_channels, out_channels, kernel_size, stride, symmetric(kernel_size), bias=False)


def batch_norm3d(channels: int, config: NetworkConfig) -> nn.BatchNorm3d:
    """Build the batch norm that a whole network of clips uses."""
    return nn.BatchNorm3d(channels, eps=config.bn_eps, momentum=config.bn_momentum)


def max_pool3d(kernel_size: Extent, stride: Extent, padding: Padding) -> nn.Module:
    """Build a max-pool with as many positions as ``conv3d`` gives; the border never wins."""
    if padding == "same":
        return MaxPool3dSame(kernel_size, stride)
    return nn.MaxPool3d(kernel_size, stride, symmetric(kernel_size))


def symmetric(kernel_size: Extent) -> Extent:
    """Give the padding of every side that centres an odd window."""
    frames, rows, columns = kernel_size
    return (frames - 1) // 2, (rows - 1) // 2, (columns - 1) // 2


class Conv3dSame(nn.Conv3d):
    """A strided convolution with TensorFlow's "same" padding."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, C', ceil(T / stride), ceil(H / stride), ceil(W / stride)]``."""
        padded = pad_same(input, self.kernel_size, self.stride)
        return F.conv3d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class MaxPool3dSame(nn.Module):
    """A max-pool with TensorFlow's "same" padding."""

    def __init__(self, kernel_size: Extent, stride: Extent) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, C, ceil(T / stride), ceil(H / stride), ceil(W / stride)]``."""
        padded = pad_same(input, self.kernel_size, self.stride, value=float("-inf"))
        return F.max_pool3d(padded, self.kernel_size, self.stride)

    def extra_repr(self) -> str:
        """Show window and stride."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}"


class SelfGating(nn.Linear):
    """Channel gates from the global mean: one linear layer and a sigmoid (S3D-G, arXiv 1712.04851).

    The layer is the 1x1x1 convolution of the released code, on a map of one position.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels)

    def forward(self, input: Tensor) -> Tensor:
        """Map global means ``[N, C]`` to the gates ``[N, C]`` in (0, 1)."""
        return torch.sigmoid(super().forward(input))

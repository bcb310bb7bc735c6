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
    cls = Conv3dSame if padding == "same" and differ else Conv3d
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


class Conv3d(nn.Conv3d):
    """A convolution of clips that runs as one of images where it is one; see :func:`convolve`."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, C', T', H', W']``."""
        return convolve(input, self.weight, self.bias, self.stride, self.padding)  # type: ignore[arg-type]


class Conv3dSame(nn.Conv3d):
    """A strided convolution with TensorFlow's "same" padding."""

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, C', ceil(T / stride), ceil(H / stride), ceil(W / stride)]``."""
        padded = pad_same(input, self.kernel_size, self.stride)
        return convolve(padded, self.weight, self.bias, self.stride, (0, 0, 0))  # type: ignore[arg-type]


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Extent, padding: Extent) -> Tensor:
    """Give ``F.conv3d`` of ``[N, C, T, H, W]``, by the kernels for images where these can do it without a copy.

    They are faster or as fast: most of all for 1x1x1 on one thread, and for kernels over frames. A convolution over
    pixels alone sees N * T images, which lie one after the other where channels are last in memory, one over frames
    alone an image of T x HW. What is exported stays the one operation.
    """
    over_pixels = weight.shape[2] == 1 and stride[0] == 1 and padding[0] == 0
    over_frames = weight.shape[3:] == (1, 1) and stride[1:] == (1, 1) and padding[1:] == (0, 0)
    if torch.compiler.is_exporting():
        return F.conv3d(x, weight, bias, stride, padding)
    if over_pixels and x.is_contiguous(memory_format=torch.channels_last_3d):
        frames = x.transpose(1, 2)
        flat = F.conv2d(frames.flatten(0, 1), weight.squeeze(2), bias, stride[1:], padding[1:])
        return flat.view(*frames.shape[:2], *flat.shape[1:]).transpose(1, 2)
    if over_frames:
        flat = F.conv2d(x.flatten(3), weight.squeeze(4), bias, (stride[0], 1), (padding[0], 0))
        return flat.view(*flat.shape[:3], *x.shape[3:])
    return F.conv3d(x, weight, bias, stride, padding)


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

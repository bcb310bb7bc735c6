"""Residual blocks: basic and bottleneck, with selective kernels, squeeze-and-excitation and drop-path."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core.models.config import NetworkConfig, ResNetConfig
from rs_core.models.layers import (
    SelectiveKernel,
    ShortcutPool,
    SqueezeExcitation,
    activation,
    batch_norm,
    conv2d,
    drop_path_scale,
    global_mean,
)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a block stands in its network.

    ``opens_stage``: the first block of a stage projects its shortcut to the new width. ``pool_shortcut``: it
    averages 2x2 before that (ResNet-D). ``entry_dilation`` is for the layer that strides, or that dilation robbed
    of its stride: it still reads positions as far apart as the previous stage left them.
    """

    in_channels: int
    width: int
    stride: int = 1
    entry_dilation: int = 1
    dilation: int = 1
    opens_stage: bool = False
    pool_shortcut: bool = False
    drop_path_rate: float = 0.0


class ResidualBlock(nn.Module, ABC):
    """What all blocks share, of images and of clips: how branch and shortcut become one."""

    expansion: ClassVar[int]
    """Output width over inner width."""

    def __init__(self, out_channels: int, shortcut: nn.Module, config: NetworkConfig, drop_path_rate: float) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.drop_path_rate = drop_path_rate
        self.shortcut = shortcut
        self.se = SqueezeExcitation(out_channels, config.se_ratio) if config.se_ratio else None
        self.act = activation(config.activation)

    @property
    @abstractmethod
    def last_bn(self) -> _BatchNorm:
        """The batch norm whose scale zero-gamma sets to 0."""

    def gates(self, branch: Tensor) -> Tensor | None:
        """Map ``[N, C, …]`` to the gates ``[N, C]`` of the branch, or ``None`` where it has none."""
        return None if self.se is None else self.se(global_mean(branch))

    def merge(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        """Gate the branch, drop it for some samples while training, add the shortcut, activate.

        Gate and drop-path factor are one number per sample and channel, so the sum is a single fused
        multiply-add over the map.
        """
        scale = self.gates(branch)
        if self.training and self.drop_path_rate > 0:
            uniform = torch.rand((len(branch), 1), device=branch.device)
            survival = drop_path_scale(uniform, self.drop_path_rate).to(branch.dtype)
            scale = survival if scale is None else scale * survival
        if scale is None:
            merged = branch + shortcut
        else:
            merged = torch.addcmul(shortcut, branch, scale.view(*scale.shape, *[1] * (branch.ndim - 2)))
        activated: Tensor = self.act(merged)
        return activated


class Bottleneck(ResidualBlock):
    """1x1, 3x3, 1x1 with four times the inner width at the end; with ``sk_ratio`` a choice between two 3x3."""

    expansion = 4

    def __init__(self, place: Placement, config: ResNetConfig) -> None:
        out_channels = place.width * self.expansion
        shortcut = Shortcut(place, out_channels, config) if place.opens_stage else nn.Identity()
        super().__init__(out_channels, shortcut, config, place.drop_path_rate)
        strides_early = config.downsampling == "A"
        early, late = (place.stride, 1) if strides_early else (1, place.stride)
        dilation = place.dilation if strides_early else place.entry_dilation
        self.conv1 = conv2d(place.in_channels, place.width, 1, stride=early, padding=config.padding)
        self.bn1 = batch_norm(place.width, config)
        streams = 2 * place.width if config.sk_ratio else place.width
        self.conv2 = conv2d(place.width, streams, 3, stride=late, dilation=dilation, padding=config.padding)
        self.bn2 = batch_norm(streams, config)
        self.select = selective_kernel(place.width, config) if config.sk_ratio else nn.Identity()
        self.conv3 = conv2d(place.width, self.out_channels, 1)
        self.bn3 = batch_norm(self.out_channels, config)

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """The batch norm whose scale zero-gamma sets to 0."""
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, 4 * width, H / stride, W / stride]``."""
        branch = self.act(self.bn1(self.conv1(x)))
        branch = self.select(self.act(self.bn2(self.conv2(branch))))
        branch = self.bn3(self.conv3(branch))
        return self.merge(branch, self.shortcut(x))


def selective_kernel(channels: int, config: ResNetConfig) -> SelectiveKernel:
    """Build the choice between two streams of so many channels each."""
    return SelectiveKernel(channels, config.sk_ratio, bn_eps=config.bn_eps, bn_momentum=config.bn_momentum)


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions, for the 18- and 34-layer networks."""

    expansion = 1

    def __init__(self, place: Placement, config: ResNetConfig) -> None:
        # The first stage keeps its width, so there the block projects only if it must pool.
        needs_projection = place.stride > 1 or place.in_channels != place.width or place.pool_shortcut
        projects = place.opens_stage and needs_projection
        shortcut = Shortcut(place, place.width, config) if projects else nn.Identity()
        super().__init__(place.width, shortcut, config, place.drop_path_rate)
        self.conv1 = conv2d(
            place.in_channels,
            place.width,
            3,
            stride=place.stride,
            dilation=place.entry_dilation,
            padding=config.padding,
        )
        self.bn1 = batch_norm(place.width, config)
        self.conv2 = conv2d(place.width, place.width, 3, dilation=place.dilation)
        self.bn2 = batch_norm(place.width, config)

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """The batch norm whose scale zero-gamma sets to 0."""
        return self.bn2

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, width, H / stride, W / stride]``."""
        branch = self.act(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.merge(branch, self.shortcut(x))


class Shortcut(nn.Module):
    """The projection of a stage's first block: a strided 1x1, or ResNet-D's average pool and plain 1x1."""

    def __init__(self, place: Placement, out_channels: int, config: ResNetConfig) -> None:
        super().__init__()
        self.pool = ShortcutPool(place.stride) if place.pool_shortcut else nn.Identity()
        stride = 1 if place.pool_shortcut else place.stride
        self.conv = conv2d(place.in_channels, out_channels, 1, stride=stride, padding=config.padding)
        self.bn = batch_norm(out_channels, config)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, out_channels, H / stride, W / stride]``."""
        projected: Tensor = self.bn(self.conv(self.pool(x)))
        return projected

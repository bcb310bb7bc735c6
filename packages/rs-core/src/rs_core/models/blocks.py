"""Residual blocks: basic and bottleneck, with squeeze-and-excitation and drop-path."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rs_core.models.config import ResNetConfig
from rs_core.models.layers import ShortcutPool, SqueezeExcitation, activation, conv2d, drop_path_scale
from rs_core.models.stem import batch_norm


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


class ResidualBlock(nn.Module):
    """What both blocks share: the shortcut, and how branch and shortcut become one."""

    expansion: int
    """Output width over inner width."""

    def __init__(self, place: Placement, config: ResNetConfig) -> None:
        super().__init__()
        self.out_channels = place.width * self.expansion
        self.drop_path_rate = place.drop_path_rate
        needs_projection = place.stride > 1 or place.in_channels != self.out_channels
        projects = place.opens_stage and (self.expansion > 1 or needs_projection or place.pool_shortcut)
        self.shortcut = Shortcut(place, self.out_channels, config) if projects else nn.Identity()
        self.se = SqueezeExcitation(self.out_channels, config.se_ratio) if config.se_ratio else None
        self.act = activation(config.activation)

    def merge(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        """Gate the branch, drop it for some samples while training, add the shortcut, activate.

        Gate and drop-path factor are one number per sample and channel, so the sum is a single fused
        multiply-add over the map.
        """
        scale = None if self.se is None else self.se(branch)
        if self.training and self.drop_path_rate > 0:
            uniform = torch.rand((len(branch), 1, 1, 1), device=branch.device)
            survival = drop_path_scale(uniform, self.drop_path_rate).to(branch.dtype)
            scale = survival if scale is None else scale * survival
        merged = branch + shortcut if scale is None else torch.addcmul(shortcut, branch, scale)
        activated: Tensor = self.act(merged)
        return activated


class Bottleneck(ResidualBlock):
    """1x1, 3x3, 1x1 with four times the inner width at the end."""

    expansion = 4

    def __init__(self, place: Placement, config: ResNetConfig) -> None:
        super().__init__(place, config)
        strides_early = config.downsampling == "A"
        early, late = (place.stride, 1) if strides_early else (1, place.stride)
        dilation = place.dilation if strides_early else place.entry_dilation
        self.conv1 = conv2d(place.in_channels, place.width, 1, stride=early, padding=config.padding)
        self.bn1 = batch_norm(place.width, config)
        self.conv2 = conv2d(place.width, place.width, 3, stride=late, dilation=dilation, padding=config.padding)
        self.bn2 = batch_norm(place.width, config)
        self.conv3 = conv2d(place.width, self.out_channels, 1)
        self.bn3 = batch_norm(self.out_channels, config)

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """The batch norm whose scale zero-gamma sets to 0."""
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, 4 * width, H / stride, W / stride]``."""
        branch = self.act(self.bn1(self.conv1(x)))
        branch = self.act(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.merge(branch, self.shortcut(x))


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions, for the 18- and 34-layer networks."""

    expansion = 1

    def __init__(self, place: Placement, config: ResNetConfig) -> None:
        super().__init__(place, config)
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

"""The residual block of clips: a bottleneck whose first convolution reaches over frames."""

from dataclasses import dataclass

from torch import Tensor, nn

from rs_core.models.blocks import ResidualBlock
from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.layers import global_mean
from rs_core.models.layers3d import SelfGating, batch_norm3d, conv3d


@dataclass(frozen=True, kw_only=True)
class Placement3d:
    """Where a block stands in its network.

    ``opens_stage``: the first block of a stage projects its shortcut to the new width; the strides are its own.
    ``closes_stage``: the last block is the one with self-gating.
    """

    in_channels: int
    width: int
    stride: int = 1
    temporal_stride: int = 1
    temporal_kernel_size: int = 1
    opens_stage: bool = False
    closes_stage: bool = False
    drop_path_rate: float = 0.0


class Bottleneck3d(ResidualBlock):
    """Kx1x1 over frames, 1x3x3 over pixels, 1x1x1 to four times the inner width."""

    expansion = 4

    def __init__(self, place: Placement3d, config: ResNet3dConfig) -> None:
        out_channels = place.width * self.expansion
        shortcut = Shortcut3d(place, out_channels, config) if place.opens_stage else nn.Identity()
        super().__init__(out_channels, shortcut, config, place.drop_path_rate)
        gated = place.closes_stage and config.self_gating != "none"
        self.self_gating = SelfGating(out_channels) if gated else None
        self.gates_first = config.self_gating == "before_se"

        frames, step, padding = place.temporal_kernel_size, place.temporal_stride, config.padding
        self.conv1 = conv3d(place.in_channels, place.width, (frames, 1, 1), stride=(step, 1, 1), padding=padding)
        self.bn1 = batch_norm3d(place.width, config)
        stride = (1, place.stride, place.stride)
        self.conv2 = conv3d(place.width, place.width, (1, 3, 3), stride=stride, padding=padding)
        self.bn2 = batch_norm3d(place.width, config)
        self.conv3 = conv3d(place.width, out_channels, (1, 1, 1), padding=padding)
        self.bn3 = batch_norm3d(out_channels, config)

    @property
    def last_bn(self) -> nn.BatchNorm3d:
        """The batch norm whose scale zero-gamma sets to 0."""
        return self.bn3

    def gates(self, branch: Tensor) -> Tensor | None:
        """Map ``[N, C, T, H, W]`` to the product ``[N, C]`` of self-gating and squeeze-and-excitation.

        The second of them sees the means of the map that the first has scaled, which are the means, scaled.
        """
        order = [self.self_gating, self.se] if self.gates_first else [self.se, self.self_gating]
        layers = [layer for layer in order if layer is not None]
        if not layers:
            return None
        means = global_mean(branch)
        scale: Tensor = layers[0](means)
        for layer in layers[1:]:
            scale = scale * layer(means * scale)
        return scale

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, 4 * width, T / temporal_stride, H / stride, W / stride]``."""
        branch = self.act(self.bn1(self.conv1(x)))
        branch = self.act(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.merge(branch, self.shortcut(x))


class Shortcut3d(nn.Module):
    """The projection of a stage's first block: a strided 1x1x1, without the average pool of ResNet-D."""

    def __init__(self, place: Placement3d, out_channels: int, config: ResNet3dConfig) -> None:
        super().__init__()
        stride = (place.temporal_stride, place.stride, place.stride)
        self.conv = conv3d(place.in_channels, out_channels, (1, 1, 1), stride=stride, padding=config.padding)
        self.bn = batch_norm3d(out_channels, config)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, T, H, W]`` to ``[N, out_channels, T / temporal_stride, H / stride, W / stride]``."""
        projected: Tensor = self.bn(self.conv(x))
        return projected

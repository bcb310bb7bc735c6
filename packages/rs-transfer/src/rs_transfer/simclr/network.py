"""A backbone with the projection head that stands on it while it learns by contrast."""

from dataclasses import dataclass

import torch
from torch import Tensor

from rs_core.errors import UserError
from rs_core.models import ResNet, ResNetConfig
from rs_core.models.projection import ProjectionHead

HEAD = "projection."


@dataclass(frozen=True, kw_only=True)
class ProjectionConfig:
    """The head between pooled features and loss.

    Args:
        num_layers: 2 for SimCLRv1, 3 for SimCLRv2.
        out_channels: width of the projection.
    """

    num_layers: int = 3
    out_channels: int = 128

    def __post_init__(self) -> None:
        """Refuse a head of nothing."""
        for name in ("num_layers", "out_channels"):
            if getattr(self, name) < 1:
                raise UserError(f"projection.{name}={getattr(self, name)}: give at least 1")


class SimCLRNetwork(ResNet):
    """A network without classifier whose pooled features go through a projection head.

    ``network(images)`` gives projections ``[N, out_channels]``, not normalised; ``network.forward_features(images)``
    the maps c2 to c5, as ever.
    """

    def __init__(self, config: ResNetConfig, projection: ProjectionConfig) -> None:
        super().__init__(config)
        self.projection = ProjectionHead(self.num_features, projection.num_layers, projection.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, in_channels, H, W]`` to projections ``[N, out_channels]``."""
        projections: Tensor = self.projection(super().forward(x))
        return projections

    def backbone(self) -> ResNet:
        """Give a network of its own with the weights of this one and without the head, in eval mode."""
        with torch.device("meta"):
            network = ResNet(self.config)
        weights = {name: tensor.clone() for name, tensor in self.state_dict().items() if not name.startswith(HEAD)}
        network.load_state_dict(weights, assign=True)
        return network.eval()

"""The backbone contract: what every network of the kit promises to detectors, segmenters and heads."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class FeatureInfo:
    """One named feature map of a backbone.

    ``stride`` is the number of input pixels per feature position along each spatial axis, ``temporal_stride`` the
    number of frames per position of a map over time.
    """

    name: str
    channels: int
    stride: int
    temporal_stride: int = 1


@runtime_checkable
class Backbone(Protocol):
    """A network that returns named feature maps, finest first.

    ``feature_info`` describes exactly the entries, in order, that ``forward_features`` returns.
    """

    feature_info: tuple[FeatureInfo, ...]

    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """Map images ``[N, C, H, W]`` to ``{"c2": [N, C2, H/4, W/4], …, "c5": …}``; clips have T before H."""
        ...

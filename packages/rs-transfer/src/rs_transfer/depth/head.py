"""A head that turns c2 to c5 into depth.

The decoder is that of Alhashim and Wonka 2018 (arXiv 1812.11941, "High Quality Monocular Depth Estimation via Transfer
Learning"): a 1x1 convolution on the coarsest map, then, level by level, bilinear upsampling to the next finer one,
which joins it, and two 3x3 convolutions with leaky rectifiers. The output is a sigmoid times the largest depth, as in
Lee et al. 2019 (arXiv 1907.10326).
"""

from typing import Any

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn

from rs_transfer.depth.losses import MeasuredDepthLoss

SLOPE = 0.2
FEWEST_CHANNELS = 8


class UpsampleAndJoin(nn.Module):
    """Brings a coarse map to the size of a finer one, joins both, and convolves twice."""

    def __init__(self, coarse_channels: int, fine_channels: int, channels: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(coarse_channels + fine_channels, channels, 3, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(SLOPE),
        )

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Map ``[N, C, h, w]`` and ``[N, D, H, W]`` to ``[N, channels, H, W]``."""
        upsampled = resize(coarse, size=fine.shape[2:], mode="bilinear", align_corners=False)
        joined: Tensor = self.convolutions(torch.cat([upsampled, fine], dim=1))
        return joined


@MODELS.register_module()
class TopDownDepthHead(BaseDecodeHead):
    """Depth in metres, in (0, ``max_depth_m``), from feature maps of any sizes, finest first.

    Args:
        in_channels: of the maps.
        channels: width on the coarsest map; each finer level has half of it.
        max_depth_m: what the network can say at most.
        l1_weight: of the absolute error beside the scale-invariant one; 0 for the latter alone.
    """

    def __init__(self, in_channels: tuple[int, ...], channels: int, max_depth_m: float, l1_weight: float) -> None:
        widths = [max(channels >> level, FEWEST_CHANNELS) for level in range(len(in_channels))]
        super().__init__(
            in_channels=list(in_channels),
            in_index=list(range(len(in_channels))),
            input_transform="multiple_select",
            channels=widths[-1],
            num_classes=1,
            threshold=0.5,  # of two classes, which there are not; without it mmseg warns
            dropout_ratio=0.0,
            loss_decode={"type": MeasuredDepthLoss.__name__, "max_depth_m": max_depth_m, "l1_weight": l1_weight},
        )
        self.max_depth_m = max_depth_m
        self.squeeze = nn.Conv2d(in_channels[-1], widths[0], 1)
        coarsest_first = zip(widths, in_channels[-2::-1], widths[1:], strict=False)
        self.levels = nn.ModuleList(UpsampleAndJoin(*channels) for channels in coarsest_first)

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Map features to depth ``[N, 1, H, W]`` in metres, of the size of the finest map."""
        *finer, features = self._transform_inputs(inputs)
        features = self.squeeze(features)
        for level, fine in zip(self.levels, reversed(finer), strict=True):
            features = level(features, fine)
        depth: Tensor = self.max_depth_m * torch.sigmoid(self.cls_seg(features))
        return depth

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list[Any]) -> dict[str, Tensor]:
        """Compare with what was measured, in its resolution."""
        measured_m = torch.stack([sample.gt_depth_map.data for sample in batch_data_samples])
        estimated_m = resize(seg_logits, size=measured_m.shape[2:], mode="bilinear", align_corners=self.align_corners)
        losses: dict[str, Tensor] = self.loss_decode(estimated_m, measured_m)
        return losses

"""Everything that tells one residual network of clips from another."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from rs_core.errors import UserError
from rs_core.models.config import STAGES, Init, NetworkConfig
from rs_core.models.layers import Padding

Stem3d = Literal["7x7", "deep"]
SelfGatingPlace = Literal["none", "before_se", "after_se"]
TemporalKernelSizes = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class ResNet3dConfig(NetworkConfig):
    """One residual network of clips. The defaults, with a row's ``blocks``, are R3D-RS as released.

    Sources: tensorflow/models:official/vision/modeling/backbones/resnet_3d.py and
    configs/experiments/video_classification/k400_resnet3drs_50_tpu.yaml.

    Args:
        padding: of strided convolutions and of the max-pool, in space and time, ``same`` (Model Garden, the published
            weights) or ``symmetric`` (PyTorch).
        zero_gamma: whether the last batch norm of each block starts at scale 0.
        init: ``tf1`` (released code), ``tf2`` (Model Garden) or ``he`` (timm).
        num_classes: outputs, 0 for the pooled features.
        stem: one ``7x7`` at stride 2 (Model Garden's v0), or ``deep`` (three 3x3, the first at stride 2; v1). Only the
            first convolution reaches over frames. A 3x3 max-pool follows.
        stem_temporal_kernel_size: frames that the first convolution reads.
        stem_temporal_stride: frames that it steps.
        pool_temporal_stride: frames that the max-pool steps; it reads 1 frame at 1, otherwise 3.
        temporal_kernel_sizes: frames that the first convolution of a block reads: for each stage one number, or
            several that its blocks take in turn, such as ``((1,), (1,), (3,), (3, 1))``.
        temporal_strides: frames that the first block of each stage steps.
        self_gating: channel gates in the last block of each stage (S3D-G, arXiv 1712.04851): ``none``,
            ``before_se`` (released code) or ``after_se`` (the text of arXiv 2109.01696).

    Raises:
        UserError: a value that makes no network.
    """

    channels_last: ClassVar[torch.memory_format] = torch.channels_last_3d

    padding: Padding = "same"
    zero_gamma: bool = False
    init: Init = "tf2"
    num_classes: int = 400
    stem: Stem3d = "deep"
    stem_temporal_kernel_size: int = 5
    stem_temporal_stride: int = 2
    pool_temporal_stride: int = 1
    temporal_kernel_sizes: TemporalKernelSizes = ((1,), (1,), (3,), (3,))
    temporal_strides: tuple[int, int, int, int] = (1, 1, 1, 1)
    self_gating: SelfGatingPlace = "before_se"

    def __post_init__(self) -> None:
        """Refuse impossible networks with one line."""
        super().__post_init__()
        sizes = self.temporal_kernel_sizes
        if len(sizes) != len(STAGES) or not all(isinstance(stage, tuple) and stage for stage in sizes):
            raise UserError(
                f"temporal_kernel_sizes={sizes}: give a tuple for each stage, such as ((1,), (1,), (3,), (3,))"
            )
        for size in (self.stem_temporal_kernel_size, *(size for stage in sizes for size in stage)):
            if size < 1 or size % 2 == 0:
                raise UserError(f"a temporal kernel of {size} frames: give an odd number, which has a middle")
        strides = (self.stem_temporal_stride, self.pool_temporal_stride, *self.temporal_strides)
        if len(self.temporal_strides) != len(STAGES) or min(strides) < 1:
            raise UserError(
                f"stem_temporal_stride={self.stem_temporal_stride}, pool_temporal_stride={self.pool_temporal_stride}, "
                f"temporal_strides={self.temporal_strides}: give positive numbers, in temporal_strides four"
            )

    @property
    def stride(self) -> int:
        """Pixels per position of the last feature map."""
        return 32

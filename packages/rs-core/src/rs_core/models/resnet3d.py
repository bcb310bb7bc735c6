"""The residual network of clips, for video classification.

R3D-RS: Bello et al. 2021, "Revisiting ResNets", and Du et al. 2021 (arXiv 2109.01696), with the layout of the
released code (tensorflow/models:official/vision/modeling/backbones/resnet_3d.py).
"""

from collections.abc import Iterator
from itertools import cycle, islice

from torch import nn

from rs_core.models.blocks3d import Bottleneck3d, Placement3d
from rs_core.models.config import STAGES
from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.features import FeatureInfo
from rs_core.models.network import ResidualNetwork, Stage
from rs_core.models.stem3d import Stem3d


class ResNet3d(ResidualNetwork):
    """A network of clips: ``model(x)`` gives logits, ``model.forward_features(x)`` gives c2…c5.

    Clips are ``[N, in_channels, T, H, W]``, RGB in [0, 1] without mean or standard deviation where the weights are
    Model Garden's. Its R3D-RS was trained on 32 frames of 224 x 224 pixels, one of every two frames of a video.

    >>> import torch
    >>> from rs_core import create_model
    >>> model = create_model("r3d_rs_50", num_classes=10).eval()
    >>> model(torch.zeros(1, 3, 8, 64, 64)).shape
    torch.Size([1, 10])
    >>> [(f.name, f.channels, f.temporal_stride, f.stride) for f in model.feature_info]
    [('c2', 256, 2, 4), ('c3', 512, 2, 8), ('c4', 1024, 2, 16), ('c5', 2048, 2, 32)]
    """

    config: ResNet3dConfig

    def __init__(self, config: ResNet3dConfig) -> None:
        stem = Stem3d(config)
        super().__init__(config, stem, build_stages(config, stem))


def build_stages(config: ResNet3dConfig, stem: Stem3d) -> Iterator[Stage]:
    """Give name, blocks and record of c2…c5."""
    channels, stride, temporal_stride = stem.out_channels, stem.stride, stem.temporal_stride
    for i, (name, width, rates) in enumerate(zip(STAGES, config.stage_widths, config.drop_path_rates, strict=True)):
        stage_stride, stage_temporal_stride = 1 if i == 0 else 2, config.temporal_strides[i]
        stride *= stage_stride
        temporal_stride *= stage_temporal_stride
        kernel_sizes = islice(cycle(config.temporal_kernel_sizes[i]), len(rates))

        blocks = nn.Sequential()
        for number, (rate, kernel_size) in enumerate(zip(rates, kernel_sizes, strict=True)):
            opens = number == 0
            place = Placement3d(
                in_channels=channels,
                width=width,
                stride=stage_stride if opens else 1,
                temporal_stride=stage_temporal_stride if opens else 1,
                temporal_kernel_size=kernel_size,
                opens_stage=opens,
                closes_stage=number == len(rates) - 1,
                drop_path_rate=rate,
            )
            block = Bottleneck3d(place, config)
            blocks.append(block)
            channels = block.out_channels
        yield name, blocks, FeatureInfo(name=name, channels=channels, stride=stride, temporal_stride=temporal_stride)

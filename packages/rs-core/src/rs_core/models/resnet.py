"""The residual network of images.

Bello et al. 2021, "Revisiting ResNets", with the layout of the released code
(tensorflow/tpu:models/official/resnet/resnet_model.py).
"""

from collections.abc import Iterator

from torch import nn

from rs_core.models.blocks import BasicBlock, Bottleneck, Placement
from rs_core.models.config import STAGES, ResNetConfig
from rs_core.models.features import FeatureInfo
from rs_core.models.network import ResidualNetwork, Stage
from rs_core.models.stem import Stem


class ResNet(ResidualNetwork):
    """A network of images: ``model(x)`` gives logits, ``model.forward_features(x)`` gives c2…c5.

    >>> import torch
    >>> from rs_core import create_model
    >>> model = create_model("resnet_rs_50", num_classes=10).eval()
    >>> model(torch.zeros(1, 3, 160, 160)).shape
    torch.Size([1, 10])
    >>> [(f.name, f.channels, f.stride) for f in model.feature_info]
    [('c2', 256, 4), ('c3', 512, 8), ('c4', 1024, 16), ('c5', 2048, 32)]
    """

    config: ResNetConfig

    def __init__(self, config: ResNetConfig) -> None:
        stem = Stem(config)
        super().__init__(config, stem, build_stages(config, stem.out_channels, stem.stride))


def build_stages(config: ResNetConfig, channels: int, stride: int) -> Iterator[Stage]:
    """Give name, blocks and record of c2…c5; past ``output_stride`` a stage dilates instead of striding."""
    block_cls = Bottleneck if config.block == "bottleneck" else BasicBlock
    dilation = 1
    for i, (name, width, rates) in enumerate(zip(STAGES, config.stage_widths, config.drop_path_rates, strict=True)):
        halves = i > 0 or config.stem_downsampling == "stage"
        entry_dilation = dilation
        stage_stride = 2 if halves else 1
        if stride * stage_stride > config.output_stride:
            dilation *= stage_stride
            stage_stride = 1
        stride *= stage_stride

        blocks = nn.Sequential()
        for number, rate in enumerate(rates):
            opens = number == 0
            place = Placement(
                in_channels=channels,
                width=width,
                stride=stage_stride if opens else 1,
                entry_dilation=entry_dilation if opens else dilation,
                dilation=dilation,
                opens_stage=opens,
                pool_shortcut=opens and config.downsampling == "D" and (halves or config.pool_every_shortcut),
                drop_path_rate=rate,
            )
            block = block_cls(place, config)
            blocks.append(block)
            channels = block.out_channels
        yield name, blocks, FeatureInfo(name=name, channels=channels, stride=stride)

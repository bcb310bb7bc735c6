"""The residual network: stem, four stages, head.

Bello et al. 2021, "Revisiting ResNets", with the layout of the released code
(tensorflow/tpu:models/official/resnet/resnet_model.py).
"""

import dataclasses
from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core.errors import UserError, nearest
from rs_core.models.blocks import BasicBlock, Bottleneck, Placement
from rs_core.models.checkpointing import checkpoint_block
from rs_core.models.config import STAGES, ResNetConfig
from rs_core.models.features import FeatureInfo
from rs_core.models.freeze import freeze
from rs_core.models.initialize import initialize, initialize_classifier
from rs_core.models.stem import Stem


class ResNet(nn.Module):
    """A classifier and backbone: ``model(x)`` gives logits, ``model.forward_features(x)`` gives c2…c5.

    >>> import torch
    >>> from rs_core import create_model
    >>> model = create_model("resnet_rs_50", num_classes=10).eval()
    >>> model(torch.zeros(1, 3, 160, 160)).shape
    torch.Size([1, 10])
    >>> [(f.name, f.channels, f.stride) for f in model.feature_info]
    [('c2', 256, 4), ('c3', 512, 8), ('c4', 1024, 16), ('c5', 2048, 32)]
    """

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem(config)
        self.stages = nn.ModuleDict()
        self.feature_info: tuple[FeatureInfo, ...] = ()
        for name, blocks, info in build_stages(config, self.stem.out_channels, self.stem.stride):
            self.stages[name] = blocks
            self.feature_info += (info,)
        self.num_features = self.feature_info[-1].channels
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = linear_or_identity(self.num_features, config.num_classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start all parameters anew by ``config.init`` and ``config.zero_gamma``."""
        for module in self.modules():
            if isinstance(module, _BatchNorm):
                module.reset_parameters()
        initialize(self, self.classifier, self.config.init)
        if self.config.zero_gamma:
            for block in self.blocks():
                nn.init.zeros_(block.last_bn.weight)

    def blocks(self) -> Iterator[BasicBlock | Bottleneck]:
        """Give all residual blocks, first to last."""
        for stage in self.stages.values():
            yield from stage  # type: ignore[misc]  # a Sequential of blocks

    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """Map images ``[N, in_channels, H, W]`` to the maps that ``feature_info`` describes, finest first."""
        checkpointing = self.config.activation_checkpointing and self.training
        x = self.stem(x)
        features = {}
        for name, stage in self.stages.items():
            for block in stage:  # type: ignore[attr-defined]  # a Sequential of blocks
                x = checkpoint_block(block, x) if checkpointing else block(x)
            features[name] = x
        return features

    def forward_head(self, x: Tensor) -> Tensor:
        """Map the last feature map ``[N, num_features, H, W]`` to logits ``[N, num_classes]``."""
        pooled = x.mean((2, 3))
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, in_channels, H, W]`` to logits ``[N, num_classes]``.

        With ``num_classes=0`` the result is the pooled features ``[N, num_features]``.
        """
        return self.forward_head(self.forward_features(x)[STAGES[-1]])

    def replace_head(self, num_classes: int, *, dropout: float | None = None) -> None:
        """Put a fresh classifier of ``num_classes`` (0: none) on the backbone, on the same device and dtype.

        ``config`` follows. ``dropout``: probability before the classifier, as it is if not given.

        Raises:
            UserError: a number out of range.
        """
        dropout = self.config.dropout if dropout is None else dropout
        self.config = dataclasses.replace(self.config, num_classes=num_classes, dropout=dropout)
        reference = next(self.parameters())
        head = linear_or_identity(self.num_features, num_classes)
        if isinstance(head, nn.Linear):
            initialize_classifier(head, self.config.init)
        self.classifier = head.to(reference.device, reference.dtype)
        self.dropout.p = dropout

    def freeze(self, *parts: str) -> None:
        """Stop learning in ``"stem"`` and stages such as ``"c2"``: no gradients, batch norm in eval mode for good.

        Raises:
            UserError: a part that the network does not have.
        """
        for part in parts:
            if part != "stem" and part not in self.stages:
                known = ["stem", *self.stages]
                raise UserError(f"cannot freeze {part!r}: choose from {known}{nearest(part, known)}")
            freeze(self.stem if part == "stem" else self.stages[part])


def build_stages(config: ResNetConfig, channels: int, stride: int) -> Iterator[tuple[str, nn.Sequential, FeatureInfo]]:
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


def linear_or_identity(num_features: int, num_classes: int) -> nn.Module:
    """Build the classifier, or nothing for 0 classes."""
    return nn.Linear(num_features, num_classes) if num_classes else nn.Identity()

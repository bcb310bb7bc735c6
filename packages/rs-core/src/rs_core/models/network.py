"""What every residual network has, of images and of clips: stem, four stages, head."""

import dataclasses
from collections.abc import Iterable, Iterator

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core.errors import UserError, nearest
from rs_core.models.blocks import ResidualBlock
from rs_core.models.checkpointing import checkpoint_block
from rs_core.models.config import STAGES, NetworkConfig
from rs_core.models.features import FeatureInfo
from rs_core.models.freeze import freeze
from rs_core.models.initialize import initialize, initialize_classifier

Stage = tuple[str, nn.Sequential, FeatureInfo]
"""Name, blocks and record of one of c2…c5."""


class ResidualNetwork(nn.Module):
    """A classifier and backbone: ``model(x)`` gives logits, ``model.forward_features(x)`` gives c2…c5.

    ``x`` is images ``[N, in_channels, H, W]`` for a :class:`ResNet`, clips ``[N, in_channels, T, H, W]`` for a
    :class:`ResNet3d`. The network is complete, and its own configuration builds it again.
    """

    config: NetworkConfig

    def __init__(self, config: NetworkConfig, stem: nn.Module, stages: Iterable[Stage]) -> None:
        super().__init__()
        self.config = config
        self.stem = stem
        self.stages = nn.ModuleDict()
        self.feature_info: tuple[FeatureInfo, ...] = ()
        for name, blocks, info in stages:
            self.stages[name] = blocks
            self.feature_info += (info,)
        self.num_features = self.feature_info[-1].channels
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = linear_or_identity(self.num_features, config.num_classes)
        # On the meta device there is nothing to fill, and PyTorch takes seconds to find that out.
        if not next(self.parameters()).is_meta:
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

    def blocks(self) -> Iterator[ResidualBlock]:
        """Give all residual blocks, first to last."""
        for stage in self.stages.values():
            yield from stage  # type: ignore[misc]  # a Sequential of blocks

    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """Map images or clips ``[N, in_channels, …]`` to the maps that ``feature_info`` describes, finest first."""
        checkpointing = self.config.activation_checkpointing and self.training
        x = self.stem(x)
        features = {}
        for name, stage in self.stages.items():
            for block in stage:  # type: ignore[attr-defined]  # a Sequential of blocks
                x = checkpoint_block(block, x) if checkpointing else block(x)
            features[name] = x
        return features

    def forward_head(self, x: Tensor) -> Tensor:
        """Map the last feature map ``[N, num_features, …]`` to logits ``[N, num_classes]``."""
        pooled = x.mean(tuple(range(2, x.ndim)))
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits

    def forward(self, x: Tensor) -> Tensor:
        """Map images or clips ``[N, in_channels, …]`` to logits ``[N, num_classes]``.

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


def linear_or_identity(num_features: int, num_classes: int) -> nn.Module:
    """Build the classifier, or nothing for 0 classes."""
    return nn.Linear(num_features, num_classes) if num_classes else nn.Identity()

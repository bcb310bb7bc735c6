"""Freezing for transfer: parts that no longer learn, and batch norm that no longer moves."""

from typing import Self

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class FrozenBatchNorm(_BatchNorm):
    """Batch norm that keeps its statistics, whatever ``train()`` says. Same state dict as when it was free."""

    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode."""
        return super().train(False)


class FrozenBatchNorm1d(FrozenBatchNorm, nn.BatchNorm1d):
    """Frozen batch norm of vectors."""


class FrozenBatchNorm2d(FrozenBatchNorm, nn.BatchNorm2d):
    """Frozen batch norm of images."""


class FrozenBatchNorm3d(FrozenBatchNorm, nn.BatchNorm3d):
    """Frozen batch norm of clips."""


FreeBatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d

FROZEN_FORMS: dict[type[FreeBatchNorm], type[FrozenBatchNorm]] = {
    nn.BatchNorm1d: FrozenBatchNorm1d,
    nn.BatchNorm2d: FrozenBatchNorm2d,
    nn.BatchNorm3d: FrozenBatchNorm3d,
}


def freeze(module: nn.Module) -> None:
    """Freeze all parameters and batch-norm statistics of ``module`` and of what it holds."""
    module.requires_grad_(False)
    freeze_batch_norm(module)


def freeze_batch_norm(module: nn.Module) -> None:
    """Freeze the statistics of every batch norm inside ``module``; scale and shift keep learning if they did."""
    for parent in module.modules():
        for name, child in parent.named_children():
            if isinstance(child, FreeBatchNorm) and not isinstance(child, FrozenBatchNorm):
                setattr(parent, name, frozen_copy(child))


def frozen_copy(layer: FreeBatchNorm) -> FrozenBatchNorm:
    """Build the frozen form, with the very same parameters and buffers."""
    frozen_cls = next(frozen for free, frozen in FROZEN_FORMS.items() if isinstance(layer, free))
    frozen = frozen_cls(layer.num_features, eps=layer.eps, momentum=layer.momentum, device="meta")
    for name in ("weight", "bias"):  # a projection head's last layer has no shift
        frozen.register_parameter(name, getattr(layer, name))
    for name, buffer in layer.named_buffers():
        frozen.register_buffer(name, buffer)
    return frozen.train()

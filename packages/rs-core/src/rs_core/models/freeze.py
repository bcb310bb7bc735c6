"""Freezing for transfer: parts that no longer learn, and batch norm that no longer moves."""

from typing import Self

from torch import nn


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """Batch norm that keeps its statistics, whatever ``train()`` says. Same state dict as ``nn.BatchNorm2d``."""

    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode."""
        return super().train(False)


def freeze(module: nn.Module) -> None:
    """Freeze all parameters and batch-norm statistics of ``module`` and of what it holds."""
    module.requires_grad_(False)
    freeze_batch_norm(module)


def freeze_batch_norm(module: nn.Module) -> None:
    """Freeze the statistics of every batch norm inside ``module``; scale and shift keep learning if they did."""
    for parent in module.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d) and not isinstance(child, FrozenBatchNorm2d):
                setattr(parent, name, frozen_copy(child))


def frozen_copy(layer: nn.BatchNorm2d) -> FrozenBatchNorm2d:
    """Build the frozen form, with the very same parameters and buffers."""
    frozen = FrozenBatchNorm2d(layer.num_features, eps=layer.eps, momentum=layer.momentum, device="meta")
    for name, parameter in layer.named_parameters():
        frozen.register_parameter(name, parameter)
    for name, buffer in layer.named_buffers():
        frozen.register_buffer(name, buffer)
    return frozen.train()

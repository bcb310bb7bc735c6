"""Batch norm over the parts of all ranks instead of each rank's own."""

from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_gather

from rs_core.models import FrozenBatchNorm


def synchronize_batch_norm(model: nn.Module, device: torch.device) -> nn.Module:
    """Make every batch norm of ``model`` that learns normalise over all ranks; the state dict stays the same.

    On CUDA it is PyTorch's ``SyncBatchNorm``, which has no form for CPUs; there it is ``HostSyncBatchNorm``.
    """
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and not isinstance(
                child, FrozenBatchNorm
            ):
                setattr(parent, name, synchronized(child, device))
    return model


def synchronized(layer: nn.modules.batchnorm._BatchNorm, device: torch.device) -> nn.Module:
    """Give the form of a batch norm that normalises over all ranks, with the same parameters and buffers."""
    if device.type == "cuda":
        return cast("nn.Module", nn.SyncBatchNorm.convert_sync_batchnorm(layer))  # type: ignore[no-untyped-call]
    return HostSyncBatchNorm(layer)


class HostSyncBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm [N, C, …] over the batches of all ranks, which are of one size, by means and variances alone."""

    def __init__(self, layer: nn.modules.batchnorm._BatchNorm) -> None:
        super().__init__(layer.num_features, eps=layer.eps, momentum=layer.momentum, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        for name, buffer in layer.named_buffers():
            self.register_buffer(name, buffer)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"batch norm takes [N, C, …], not {list(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        """Normalise, and in training move the running statistics by those of all ranks."""
        if not self.training:
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        wide = input.to(torch.promote_types(input.dtype, torch.float32))
        own = torch.stack(torch.var_mean(wide, axes, correction=0))
        variances, means = torch.stack(all_gather(own)).unbind(1)  # type: ignore[no-untyped-call]
        mean = means.mean(0)
        variance = (variances + (means - mean).square()).mean(0)
        count = input.numel() // input.shape[1] * dist.get_world_size()
        self._move(mean.detach(), variance.detach() * (count / max(count - 1, 1)))
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        shape = (1, -1, *[1] * (input.dim() - 2))
        return (wide * scale.view(shape) + shift.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _move(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running.lerp_(new, self.momentum)  # type: ignore[union-attr, arg-type]

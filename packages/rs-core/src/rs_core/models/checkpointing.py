"""Activation checkpointing: trade a second forward pass for memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def checkpoint_block(block: nn.Module, x: Tensor) -> Tensor:
    """Run a block without keeping its activations; the backward pass computes them again.

    Random draws repeat, and batch-norm statistics are updated once, not twice.
    """

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), statistics_untouched(block)

    y: Tensor
    if torch.compiler.is_compiling():
        # A compiled graph keeps updates of buffers out of the second pass by itself, and takes no contexts.
        y = checkpoint(block, x, use_reentrant=False)
    else:
        y = checkpoint(block, x, use_reentrant=False, context_fn=contexts)
    return y


@contextmanager
def statistics_untouched(block: nn.Module) -> Iterator[None]:
    """Let batch norm run as ever, but update copies of its statistics that are then thrown away.

    Not updating at all would save fewer tensors for the backward pass than the first pass did, which
    PyTorch's checkpointing refuses.
    """
    layers = [module for module in block.modules() if isinstance(module, _BatchNorm)]
    kept = [(layer, name, buffer) for layer in layers for name, buffer in layer.named_buffers(recurse=False)]
    for layer, name, buffer in kept:
        setattr(layer, name, buffer.clone())
    try:
        yield
    finally:
        for layer, name, buffer in kept:
            setattr(layer, name, buffer)

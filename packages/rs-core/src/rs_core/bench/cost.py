"""Parameters, FLOPs and activations of a network, counted without running it."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """Count all parameters, frozen ones too; batch-norm statistics are no parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_flops(model: nn.Module, resolution: int, in_channels: int = 3, *, num_frames: int | None = None) -> int:
    """Count the FLOPs of one square image of ``resolution`` pixels: two for each multiply-accumulate.

    With ``num_frames`` it is one clip of so many frames. Convolutions and linear layers count, which is the
    convention of the paper (Bello et al. 2021, table 7). A copy without storage does the pass, so this takes no memory
    and leaves ``model`` as it is.

    >>> from rs_core import create_model
    >>> count_flops(create_model("resnet_rs_50"), resolution=160)
    4557258752
    >>> count_flops(create_model("r3d_rs_50"), resolution=224, num_frames=32)
    176048701440
    """
    frames = () if num_frames is None else (num_frames,)
    twin = meta_copy(model).eval()
    images = torch.empty(1, in_channels, *frames, resolution, resolution, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        twin(images)
    num_flops: int = counter.get_total_flops()
    return num_flops


def count_activations(model: nn.Module, resolution: int, in_channels: int = 3) -> int:
    """Count the elements of all outputs of convolutions for one square image of ``resolution`` pixels.

    So Radosavovic et al. 2020 (arXiv 2003.13678) count, who found that the time on accelerators follows them more
    closely than FLOPs. As :func:`count_flops` it takes no memory and leaves ``model`` as it is.

    >>> from rs_core import create_model
    >>> count_activations(create_model("resnet_50"), resolution=224)
    11113984
    """
    twin = meta_copy(model).eval()
    num_activations = 0

    def count(_layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        nonlocal num_activations
        num_activations += output.numel()

    for layer in twin.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        twin(torch.empty(1, in_channels, resolution, resolution, device="meta"))
    return num_activations


def meta_copy(model: nn.Module) -> nn.Module:
    """Copy the structure of a network, with tensors that have a shape and a dtype but no values."""
    parameters = {id(p): nn.Parameter(p.detach().to("meta"), requires_grad=False) for p in model.parameters()}
    buffers = {id(b): b.to("meta") for b in model.buffers()}
    return copy.deepcopy(model, memo={**parameters, **buffers})

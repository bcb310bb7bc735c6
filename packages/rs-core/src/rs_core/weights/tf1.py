"""Weights of the released TF1 checkpoints (tensorflow/tpu:models/official/resnet, ResNet-RS and plain ResNet).

TensorFlow numbers layers in creation order: ``conv2d``, ``conv2d_1``, … and likewise batch norms. The two 1x1
convolutions of squeeze-and-excitation take numbers of ``conv2d`` but have no batch norm, so the counters drift
apart; a walk in creation order finds every name.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from rs_core.models.blocks import ResidualBlock
from rs_core.models.resnet import ResNet
from rs_core.weights.check import check_shapes

if TYPE_CHECKING:
    import numpy as np

EMA_SUFFIX = "/ExponentialMovingAverage"
MOMENTUM_SUFFIX = "/Momentum"
BATCH_NORM_LEAVES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
OTHER_LEAVES = {"weight": "kernel", "bias": "bias"}


def from_tf1(variables: "Mapping[str, np.ndarray[Any, Any]]", model: ResNet, *, ema: bool = False) -> dict[str, Tensor]:
    """Turn the variables of a TF1 checkpoint into the state dict of ``model``.

    Args:
        variables: arrays by name. The optimiser's slots and the step may be there; they are passed over.
        model: a network of the bottleneck block; its shapes decide.
        ema: take the weight average, which the released models are evaluated with.

    Raises:
        UserError: missing, extra or misshapen variables, by TensorFlow's names. Nothing is loaded.
    """
    suffix = EMA_SUFFIX if ema else ""
    names = {key: name + suffix for key, name in tf1_names(model).items()}
    ours = model.state_dict()
    found = {name: array.shape for name, array in variables.items() if is_weight(name, ema=ema)}
    wanted = {name: tf1_shape(key, ours[key]) for key, name in names.items()}
    check_shapes(found, wanted, source="TF1 variables")

    weights = {key: to_torch(variables[name]).reshape(ours[key].shape) for key, name in names.items()}
    counters = {key: torch.zeros_like(tensor, device="cpu") for key, tensor in ours.items() if key not in names}
    return weights | counters


def tf1_names(model: ResNet) -> dict[str, str]:
    """Give TensorFlow's name for the keys of the model's state dict, in TensorFlow's creation order.

    Only ``num_batches_tracked`` has no counterpart.

    >>> from rs_core import create_model
    >>> tf1_names(create_model("resnet_rs_50"))["stages.c2.0.se.expand.bias"]
    'conv2d_9/bias'
    """
    numbers: Counter[str] = Counter()
    names: dict[str, str] = {}
    for path, layer in layers_in_creation_order(model):
        scope, leaves = scope_and_leaves(path, layer)
        number = numbers[scope]
        numbers[scope] += 1
        numbered = f"{scope}_{number}" if number else scope
        names |= {f"{path}.{leaf}": f"{numbered}/{leaves[leaf]}" for leaf in layer.state_dict() if leaf in leaves}
    return names


def scope_and_leaves(path: str, layer: nn.Module) -> tuple[str, dict[str, str]]:
    """Give TensorFlow's name of a layer, without its number, and of its variables."""
    if isinstance(layer, nn.BatchNorm2d):
        return "batch_normalization", BATCH_NORM_LEAVES
    return "dense" if path == "classifier" else "conv2d", OTHER_LEAVES


def layers_in_creation_order(model: ResNet) -> Iterator[tuple[str, nn.Module]]:
    """Give all layers with weights: in a block the shortcut first, squeeze-and-excitation last."""
    yield from weighted_layers("stem", model.stem)
    for path, module in model.named_modules():
        if isinstance(module, ResidualBlock):
            yield from sorted(weighted_layers(path, module), key=rank_in_block)
    yield from weighted_layers("classifier", model.classifier)


def weighted_layers(path: str, module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Give convolutions, batch norms and linear layers of a module with their full paths."""
    named = module.named_modules(prefix=path)
    return [(name, m) for name, m in named if isinstance(m, nn.Conv2d | nn.BatchNorm2d | nn.Linear)]


def rank_in_block(layer: tuple[str, nn.Module]) -> int:
    """Order the parts of a block; a path reads ``stages.c2.0.shortcut.conv``."""
    part = layer[0].split(".")[3]
    return {"shortcut": 0, "se": 2}.get(part, 1)


def is_weight(name: str, *, ema: bool) -> bool:
    """Say whether a variable is a weight of the wanted set, and not a slot, a step or of the other set."""
    return name.endswith(EMA_SUFFIX) == ema and not name.endswith(MOMENTUM_SUFFIX) and name != "global_step"


def tf1_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give TensorFlow's shape of one of our tensors: kernels are HWIO, dense kernels ``[in, out]``."""
    shape = tuple(tensor.shape)
    if tensor.ndim == 4:
        return (*shape[2:], shape[1], shape[0])
    if tensor.ndim == 2:
        return shape[::-1] if key.startswith("classifier") else (1, 1, *shape[::-1])
    return shape


def to_torch(array: "np.ndarray[Any, Any]") -> Tensor:
    """Copy an array, with kernels turned to PyTorch's order (HWIO to OIHW, ``[in, out]`` to ``[out, in]``)."""
    tensor = torch.tensor(array)
    if tensor.ndim == 4:
        return tensor.permute(3, 2, 0, 1).contiguous()
    return tensor.T.contiguous() if tensor.ndim == 2 else tensor

"""Weights of the released TF1 checkpoints (tensorflow/tpu:models/official/resnet, ResNet-RS and plain ResNet).

TensorFlow numbers layers in creation order: ``conv2d``, ``conv2d_1``, … and likewise batch norms. The two 1x1
convolutions of squeeze-and-excitation take numbers of ``conv2d`` but have no batch norm, so the counters drift
apart; a walk in creation order finds every name.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core.errors import UserError
from rs_core.models.blocks import ResidualBlock
from rs_core.models.config import ResNetConfig
from rs_core.models.create import build_model
from rs_core.models.network import ResidualNetwork
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.architecture import name_architecture
from rs_core.weights.layouts.inputs import NO_AVERAGE_NOTE, released_preprocessing
from rs_core.weights.layouts.layout import Imported, Options
from rs_core.weights.layouts.take import shapes_of, take, to_torch
from rs_core.weights.layouts.tf1_outline import tf1_config

EMA_SUFFIX = "/ExponentialMovingAverage"
MOMENTUM_SUFFIX = "/Momentum"
STEP = "global_step"
BATCH_NORM_LEAVES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
OTHER_LEAVES = {"weight": "kernel", "bias": "bias"}

NUMBERED_LAYER = re.compile(r"(conv2d|batch_normalization)(_\d+)?/\w+")

SETTINGS_NOTE = (
    "names and shapes do not tell activation, padding and where a stage strides: these are the released ones, ReLU, "
    "symmetric padding (a max-pool has TensorFlow's) and, with the deep stem, ResNet-D shortcuts"
)


@dataclass(frozen=True)
class TF1Layout:
    """TF1 checkpoints of bottleneck networks: the eleven ResNet-RS and plain ResNets."""

    name: str = "tf1"

    def recognizes(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""
        matches = map(NUMBERED_LAYER.match, shapes)
        return {match[1] for match in matches if match} == {"conv2d", "batch_normalization"}

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        Raises:
            UserError: naming what does not fit, or a network that is not of this family. Nothing is loaded.
        """
        source = f"the TF1 variables of {tensors.path}"
        averaged = options.ema and any(name.endswith(EMA_SUFFIX) for name in tensors.shapes)
        config = tf1_config(variables_of(tensors.shapes, ema=averaged), source)
        with torch.device("meta"):
            model = build_model(config)
        architecture = name_architecture(config)
        weights = take_tf1(tensors, model, ema=averaged, source=source, network=architecture)

        preprocessing, notes = released_preprocessing(
            config, tensors.path, options, self.name, crop_rule="tf1", resize="tf1_bicubic"
        )
        if options.ema and not averaged:
            notes = (NO_AVERAGE_NOTE, *notes)
        return Imported(
            config=config,
            weights=weights,
            architecture=architecture,
            preprocessing=preprocessing,
            averaged=averaged,
            passed_over=passed_over(tensors.shapes, ema=averaged),
            notes=(*notes, SETTINGS_NOTE),
        )


LAYOUT = TF1Layout()


def from_tf1(variables: Mapping[str, Tensor], model: ResidualNetwork, *, ema: bool = False) -> dict[str, Tensor]:
    """Turn the variables of a TF1 checkpoint into the state dict of ``model``.

    Args:
        variables: tensors by name. The optimiser's slots and the step may be there; they are passed over.
        model: a network of the bottleneck block; its shapes decide.
        ema: take the weight average, which the released models are evaluated with.

    Raises:
        UserError: missing, extra or misshapen variables, by TensorFlow's names. Nothing is loaded.
    """
    return take_tf1(variables, model, ema=ema, source="TF1 variables")


def take_tf1(
    variables: Mapping[str, Tensor], model: ResidualNetwork, *, ema: bool, source: str, network: str = ""
) -> dict[str, Tensor]:
    """Check and take one set of weights; ``source`` and ``network`` are for errors (``take``)."""
    suffix = EMA_SUFFIX if ema else ""
    return take(
        variables,
        {key: name + suffix for key, name in tf1_names(model).items()},
        model.state_dict(),
        found={name: shape for name, shape in shapes_of(variables).items() if is_weight(name, ema=ema)},
        their_shape=tf1_shape,
        turn=to_torch,
        source=source,
        network=network,
    )


def tf1_names(model: ResidualNetwork) -> dict[str, str]:
    """Give TensorFlow's name for the keys of the model's state dict, in TensorFlow's creation order.

    Only ``num_batches_tracked`` has no counterpart.

    >>> from rs_core import create_model
    >>> tf1_names(create_model("resnet_rs_50"))["stages.c2.0.se.expand.bias"]
    'conv2d_9/bias'

    Raises:
        UserError: a network of clips, which the release does not have.
    """
    if not isinstance(model.config, ResNetConfig):
        raise UserError("the TF1 release has no names for a 3D network; use Model Garden's checkpoints")
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
    if isinstance(layer, _BatchNorm):
        return "batch_normalization", BATCH_NORM_LEAVES
    return "dense" if path == "classifier" else "conv2d", OTHER_LEAVES


def layers_in_creation_order(model: ResidualNetwork) -> Iterator[tuple[str, nn.Module]]:
    """Give all layers with weights: in a block the shortcut first, squeeze-and-excitation last."""
    yield from weighted_layers("stem", model.stem)
    for path, module in model.named_modules():
        if isinstance(module, ResidualBlock):
            yield from sorted(weighted_layers(path, module), key=rank_in_block)
    yield from weighted_layers("classifier", model.classifier)


def weighted_layers(path: str, module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Give convolutions, batch norms and linear layers of a module with their full paths."""
    named = module.named_modules(prefix=path)
    return [(name, m) for name, m in named if isinstance(m, nn.Conv2d | _BatchNorm | nn.Linear)]


def rank_in_block(layer: tuple[str, nn.Module]) -> int:
    """Order the parts of a block; a path reads ``stages.c2.0.shortcut.conv``."""
    part = layer[0].split(".")[3]
    return {"shortcut": 0, "se": 2}.get(part, 1)


def is_weight(name: str, *, ema: bool) -> bool:
    """Say whether a variable is a weight of the wanted set, and not a slot, a step or of the other set."""
    return name.endswith(EMA_SUFFIX) == ema and not name.endswith(MOMENTUM_SUFFIX) and name != STEP


def variables_of(shapes: Mapping[str, tuple[int, ...]], *, ema: bool) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the wanted set of weights, by the names that both sets share."""
    return {name.removesuffix(EMA_SUFFIX): shape for name, shape in shapes.items() if is_weight(name, ema=ema)}


def passed_over(shapes: Mapping[str, tuple[int, ...]], *, ema: bool) -> dict[str, int]:
    """Count what is not taken of a checkpoint, by kind."""
    kinds: Counter[str] = Counter()
    for name in shapes:
        if name == STEP:
            kinds["step"] += 1
        elif name.endswith(MOMENTUM_SUFFIX):
            kinds["momentum"] += 1
        elif not is_weight(name, ema=ema):
            kinds["weights that are not averaged" if ema else "averages"] += 1
    return dict(kinds)


def tf1_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give TensorFlow's shape of one of our tensors: kernels are HWIO, dense kernels ``[in, out]``."""
    shape = tuple(tensor.shape)
    if tensor.ndim == 4:
        return (*shape[2:], shape[1], shape[0])
    if tensor.ndim == 2:
        return shape[::-1] if key.startswith("classifier") else (1, 1, *shape[::-1])
    return shape

"""How Model Garden names and shapes the variables of a residual network of ours.

A checkpoint names a variable by its way through the objects that were saved, such as
``backbone/layer_with_weights-8/_conv1/kernel/.ATTRIBUTES/VARIABLE_VALUE``; the classifier is layer 1 of ``model``.
An optimiser's slot has the name of its variable and then its own; the weight average is the slot ``average``.
"""

from collections.abc import Iterable, Mapping

from torch import Tensor

from rs_core.models.config import STAGES, NetworkConfig, ResNetConfig
from rs_core.models.network import ResidualNetwork
from rs_core.weights.layouts.tf1 import BATCH_NORM_LEAVES, OTHER_LEAVES

VARIABLE = "/.ATTRIBUTES/VARIABLE_VALUE"
SLOT = "/.OPTIMIZER_SLOT/"
AVERAGE = "optimizer/average"
BACKBONE = "backbone/layer_with_weights-"
HEAD = "model/layer_with_weights-"
SECOND_OF_HEAD = HEAD + "2/"
STATISTICS = ("/moving_mean", "/moving_variance")

WEIGHTS = "weights that are not averaged"
AVERAGES = "averages"

IMAGE_BLOCK_LAYERS = {
    "shortcut.bn": "_norm0",
    "conv1": "_conv1",
    "bn1": "_norm1",
    "conv2": "_conv2",
    "bn2": "_norm2",
    "conv3": "_conv3",
    "bn3": "_norm3",
    "se.reduce": "_squeeze_excitation/_se_reduce",
    "se.expand": "_squeeze_excitation/_se_expand",
}
CLIP_BLOCK_LAYERS = IMAGE_BLOCK_LAYERS | {
    "shortcut.conv": "_shortcut_conv",
    "conv1": "_temporal_conv",
    "conv2": "_spatial_conv",
    "conv3": "_expand_conv",
    "self_gating": "_self_gating/_transformer_w",
}


def garden_paths(model: ResidualNetwork) -> dict[str, str]:
    """Give Model Garden's path, without the suffix of all variables, for the keys of the model's state dict.

    Only ``num_batches_tracked`` has no counterpart.

    >>> from rs_core import create_model
    >>> garden_paths(create_model("r3d_rs_50"))["stages.c2.0.conv1.weight"]
    'backbone/layer_with_weights-6/_temporal_conv/kernel'
    """
    num_stem_layers = sum(name.startswith(("conv", "bn")) for name, _ in model.stem.named_children())
    places = [f"{stage}.{i}" for stage, count in zip(STAGES, model.config.blocks, strict=True) for i in range(count)]
    numbers = {place: num_stem_layers + i for i, place in enumerate(places)}
    layers = block_layers(model.config)
    keys = [key for key in model.state_dict() if not key.endswith("num_batches_tracked")]
    return {key: garden_path(key, numbers, layers) for key in keys}


def garden_path(key: str, numbers: Mapping[str, int], layers: Mapping[str, str]) -> str:
    """Translate one key, given the number of every block and the names inside a block."""
    part, *path, leaf = key.split(".")
    if part == "classifier":
        return f"model/layer_with_weights-1/{OTHER_LEAVES[leaf]}"
    theirs = (BATCH_NORM_LEAVES if path[-1].startswith("bn") else OTHER_LEAVES)[leaf]
    if part == "stem":
        kind, position = path[0][:-1], int(path[0][-1])
        return f"backbone/layer_with_weights-{2 * (position - 1) + (kind == 'bn')}/{theirs}"
    stage, number, *layer = path
    return f"backbone/layer_with_weights-{numbers[f'{stage}.{number}']}/{layers['.'.join(layer)]}/{theirs}"


def block_layers(config: NetworkConfig) -> dict[str, str]:
    """Give Model Garden's names of the layers of a block."""
    if isinstance(config, ResNetConfig):
        # Number 0 of a ResNet-D shortcut is the pool.
        return IMAGE_BLOCK_LAYERS | {"shortcut.conv": "_shortcut1" if config.downsampling == "D" else "_shortcut"}
    return CLIP_BLOCK_LAYERS


def garden_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give Model Garden's shape of one of our tensors: kernels end with input and output channels.

    Gates are convolutions there, two-dimensional in squeeze-and-excitation also for clips.
    """
    if tensor.ndim == 1:
        return tuple(tensor.shape)
    out_channels, in_channels, *extent = tensor.shape
    if ".se." in key:
        extent = [1, 1]
    elif ".self_gating." in key:
        extent = [1, 1, 1]
    return (*extent, in_channels, out_channels)


def kinds_of(names: Iterable[str]) -> dict[str, str]:
    """Say what each variable is: one of the weights, an average, another slot by its name, or something else."""
    names = list(names)
    # A classifier is one layer; more are a head that contrastive training throws away (projects/video_ssl).
    weights = (BACKBONE,) if any(name.startswith(SECOND_OF_HEAD) for name in names) else (BACKBONE, HEAD)
    kinds = {}
    for name in names:
        variable, _, slot = name.removesuffix(VARIABLE).partition(SLOT)
        if not variable.startswith(weights):
            kinds[name] = "projection head" if name.startswith(HEAD) else "training state"
        elif slot:
            kinds[name] = AVERAGES if slot == AVERAGE else slot.rpartition("/")[2]
        else:
            kinds[name] = WEIGHTS
    return kinds


def choose(names: Iterable[str], *, averaged: bool) -> dict[str, str]:
    """Give the names of one set of variables, raw or averaged, by their paths.

    Model Garden may average what it trains and not the statistics of batch norm (``trainable_weights_only``); it then
    evaluates with the last of these.
    """
    kinds = kinds_of(names)
    raw = {path_of(name): name for name, kind in kinds.items() if kind == WEIGHTS}
    averages = {path_of(name): name for name, kind in kinds.items() if kind == AVERAGES}
    if not averaged:
        return raw
    statistics = {path: name for path, name in raw.items() if path.endswith(STATISTICS)}
    return averages if averages.keys() & statistics.keys() else statistics | averages


def path_of(name: str) -> str:
    """Give the path of a variable, or of the one that a slot belongs to."""
    return name.removesuffix(VARIABLE).partition(SLOT)[0]

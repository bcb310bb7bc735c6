"""Weights of Keras' ResNet-RS (keras.applications.resnet_rs, as ``.h5``).

The published files are the TF1 weight averages, converted by sebastian-sz/resnet-rs-keras (they have its checksums) and
named as in that code: ``c2_block_0_conv_1``. What Keras itself saves is named after its own code:
``BlockGroup2__block_0__conv_1``, and ``stem_1_stem_conv_1`` where 1 counts the models of the session.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from rs_core.models.create import build_model
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.architecture import name_architecture
from rs_core.weights.layouts.inputs import released_preprocessing
from rs_core.weights.layouts.layout import Imported, Options
from rs_core.weights.layouts.named_outline import named_config
from rs_core.weights.layouts.take import COUNTER, take, to_torch
from rs_core.weights.layouts.tf1 import BATCH_NORM_LEAVES, OTHER_LEAVES, tf1_shape

STEM_NAME = re.compile(r"(?:stem_\d+_)?stem_(conv|batch_norm)_(\d+)/(\w+)")
BLOCK_NAME = re.compile(
    r"(?:BlockGroup|c)([2-5])_+block_(\d+)_+(?:se_)?(projection_\w+|conv_\d|batch_norm_\d|se_\w+)/(\w+)"
)
CLASSIFIER_NAME = re.compile(r"predictions/(\w+)")

LAYERS = {
    "projection_conv": "shortcut.conv",
    "projection_batch_norm": "shortcut.bn",
    "conv_1": "conv1",
    "batch_norm_1": "bn1",
    "conv_2": "conv2",
    "batch_norm_2": "bn2",
    "conv_3": "conv3",
    "batch_norm_3": "bn3",
    "se_reduce": "se.reduce",
    "se_expand": "se.expand",
}
THEIR_LAYERS = {ours: theirs for theirs, ours in LAYERS.items()}
STEM_LAYERS = {"conv": "conv", "batch_norm": "bn"}
LEAVES = {theirs: ours for table in (BATCH_NORM_LEAVES, OTHER_LEAVES) for ours, theirs in table.items()}

PUBLISHED_FILE = re.compile(r"resnet-rs-\d+-i\d+(_notop)?\.h5")
SETTINGS_NOTE = (
    "names and shapes do not tell activation and padding: taken as ReLU and symmetric padding, Keras' defaults; the "
    "scaling that Keras does inside the network is part of the preprocessing here"
)


@dataclass(frozen=True)
class KerasLayout:
    """Keras' ResNet-RS, with or without its classifier."""

    name: str = "keras"

    def recognizes(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""
        return any(map(BLOCK_NAME.fullmatch, shapes))

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        Raises:
            UserError: naming what does not fit, or a network that is not of this family. Nothing is loaded.
        """
        source = f"the Keras weights of {tensors.path}"
        found = {our_key(name): name for name in tensors.shapes}
        ours = {key: our_shape(tensors.shapes[name]) for key, name in found.items()}
        config = named_config(ours, "D", source)
        with torch.device("meta"):
            state = build_model(config).state_dict()
        architecture = name_architecture(config)
        weights = take(
            tensors,
            {key: found.get(key) or keras_name(key) for key in state if not key.endswith(COUNTER)},
            state,
            found=tensors.shapes,
            their_shape=tf1_shape,
            turn=to_torch,
            source=source,
            network=architecture,
        )
        preprocessing, notes = released_preprocessing(
            config, tensors.path, options, self.name, crop_rule="tf1", resize="tf1_bicubic"
        )
        return Imported(
            config=config,
            weights=weights,
            architecture=architecture,
            preprocessing=preprocessing,
            averaged=PUBLISHED_FILE.fullmatch(tensors.path.name) is not None,
            notes=(*notes, SETTINGS_NOTE),
        )


LAYOUT = KerasLayout()


def our_key(name: str) -> str:
    """Translate a name in either spelling; what is not of this layout keeps its name.

    >>> our_key("BlockGroup2__block_0__se_se_reduce/kernel"), our_key("c2_block_0_batch_norm_1/gamma")
    ('stages.c2.0.se.reduce.weight', 'stages.c2.0.bn1.weight')
    """
    if match := STEM_NAME.fullmatch(name):
        kind, number, leaf = match.groups()
        return f"stem.{STEM_LAYERS[kind]}{number}.{LEAVES.get(leaf, leaf)}"
    if match := CLASSIFIER_NAME.fullmatch(name):
        return f"classifier.{LEAVES.get(match[1], match[1])}"
    if match := BLOCK_NAME.fullmatch(name):
        stage, number, layer, leaf = match.groups()
        return f"stages.c{stage}.{number}.{LAYERS.get(layer, layer)}.{LEAVES.get(leaf, leaf)}"
    return name


def keras_name(key: str) -> str:
    """Give the published name of one of our keys.

    >>> keras_name("stages.c2.0.se.reduce.weight")
    'c2_block_0_se_reduce/kernel'
    """
    layer, _, leaf = key.rpartition(".")
    leaves = BATCH_NORM_LEAVES if "bn" in layer else OTHER_LEAVES
    match layer.split("."):
        case ["stem", own]:
            kind = "batch_norm" if own.startswith("bn") else "conv"
            return f"stem_{kind}_{own[-1]}/{leaves[leaf]}"
        case ["stages", stage, number, *own]:
            return f"{stage}_block_{number}_{THEIR_LAYERS['.'.join(own)]}/{leaves[leaf]}"
    return f"predictions/{leaves[leaf]}"


def our_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give PyTorch's order of axes of a kernel: HWIO to OIHW, ``[in, out]`` to ``[out, in]``."""
    return (*shape[:1:-1], *shape[:2]) if len(shape) == 4 else shape[::-1]

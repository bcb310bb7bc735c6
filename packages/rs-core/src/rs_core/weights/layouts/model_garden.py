"""Weights of TensorFlow's Model Garden (tensorflow/models:official/vision): ResNet, ResNet-RS, R3D and R3D-RS.

These are TensorFlow 2 checkpoints, of training or of the weights alone; ``model_garden_names`` has their names.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rs_core.data.preprocessing import Preprocessing
from rs_core.models.config import NetworkConfig, ResNetConfig
from rs_core.models.create import build_model
from rs_core.models.network import ResidualNetwork
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.architecture import name_architecture
from rs_core.weights.layouts.inputs import NO_AVERAGE_NOTE, released_preprocessing
from rs_core.weights.layouts.layout import Imported, Options
from rs_core.weights.layouts.model_garden_names import (
    AVERAGE,
    AVERAGES,
    BACKBONE,
    HEAD,
    SLOT,
    VARIABLE,
    choose,
    garden_paths,
    garden_shape,
    kinds_of,
)
from rs_core.weights.layouts.model_garden_outline import garden_config
from rs_core.weights.layouts.take import shapes_of, take, to_torch
from rs_core.weights.published import CLIP_RESOLUTION

IMAGE_NOTE = (
    "shapes do not tell activation and padding: these are the released ones, SiLU with squeeze-and-excitation and "
    'ReLU without, and TensorFlow\'s "same" padding'
)
CLIP_NOTE = (
    "shapes do not tell activation, padding, temporal strides and the order of gates: these are the released ones, "
    'ReLU, TensorFlow\'s "same" padding, 2 frames a step in the stem and self-gating before squeeze-and-excitation'
)


@dataclass(frozen=True)
class ModelGardenLayout:
    """TensorFlow 2 checkpoints of residual networks of images and of clips."""

    name: str = "model_garden"

    def recognizes(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""
        return any(name.startswith((BACKBONE, HEAD)) and name.endswith(VARIABLE) for name in shapes)

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        Raises:
            UserError: naming what does not fit, or a network that is not of this family. Nothing is loaded.
        """
        source = f"the Model Garden variables of {tensors.path}"
        kinds = kinds_of(tensors.shapes)
        averaged = options.ema and AVERAGES in kinds.values()
        chosen = choose(tensors.shapes, averaged=averaged)
        config = garden_config({path: tensors.shapes[name] for path, name in chosen.items()}, source)
        architecture = name_architecture(config)
        with torch.device("meta"):
            model = build_model(config)
        weights = take_garden(tensors, model, averaged=averaged, source=source, network=architecture)
        preprocessing, notes = garden_preprocessing(config, tensors, options)
        if options.ema and not averaged:
            notes = (NO_AVERAGE_NOTE, *notes)
        return Imported(
            config=config,
            weights=weights,
            architecture=architecture,
            preprocessing=preprocessing,
            averaged=averaged,
            passed_over=dict(Counter(kinds[name] for name in kinds.keys() - chosen.values())),
            notes=notes,
        )


LAYOUT = ModelGardenLayout()


def garden_preprocessing(
    config: NetworkConfig, tensors: TensorFile, options: Options
) -> tuple[Preprocessing, tuple[str, ...]]:
    """Give the input of the released evaluation, and what to say about it and about the network.

    Sources: tensorflow/models:official/vision/dataloaders/classification_input.py and video_input.py. The frames of a
    clip are resized as the release does, but keep the fractions of grey levels that it then cuts off.
    """
    if isinstance(config, ResNetConfig):
        pixels, notes = released_preprocessing(
            config, tensors.path, options, LAYOUT.name, crop_rule="tf2", resize="tf2_bilinear"
        )
        return pixels, (*notes, IMAGE_NOTE)
    pixels = Preprocessing(
        resolution=options.resolution or CLIP_RESOLUTION,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        crop_rule="resize_first",
        crop_fraction=1.0,
        resize="tf2_bilinear",
    )
    return pixels, (CLIP_NOTE,)


def from_model_garden(
    variables: Mapping[str, Tensor], model: ResidualNetwork, *, ema: bool = False
) -> dict[str, Tensor]:
    """Turn the variables of a Model Garden checkpoint into the state dict of ``model``.

    Args:
        variables: tensors by name. The optimiser's slots and counters may be there; they are passed over.
        model: a network of images or of clips; its shapes decide.
        ema: take the weight average, which the released models are evaluated with.

    Raises:
        UserError: missing, extra or misshapen variables, by Model Garden's names. Nothing is loaded.
    """
    return take_garden(variables, model, averaged=ema, source="Model Garden variables")


def take_garden(
    variables: Mapping[str, Tensor], model: ResidualNetwork, *, averaged: bool, source: str, network: str = ""
) -> dict[str, Tensor]:
    """Check and take one set of weights; ``source`` and ``network`` are for errors (``take``)."""
    shapes = shapes_of(variables)
    chosen = choose(shapes, averaged=averaged)
    suffix = SLOT + AVERAGE + VARIABLE if averaged else VARIABLE
    return take(
        variables,
        {key: chosen.get(path, path + suffix) for key, path in garden_paths(model).items()},
        model.state_dict(),
        found={name: shapes[name] for name in chosen.values()},
        their_shape=garden_shape,
        turn=to_torch,
        source=source,
        network=network,
    )

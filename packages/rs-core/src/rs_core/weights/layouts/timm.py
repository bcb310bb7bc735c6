"""Weights of pytorch-image-models (its resnet*, resnet*d and resnetrs*; timm/models/resnet.py) and of torchvision.

torchvision's plain ResNets have the same names; a file does not tell whose it is.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models.config import ResNetConfig
from rs_core.models.create import build_model
from rs_core.models.network import ResidualNetwork
from rs_core.weights.check import check_shapes
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.architecture import name_architecture, nearest_row
from rs_core.weights.layouts.inputs import background_class, released_resolutions
from rs_core.weights.layouts.layout import Imported, Options
from rs_core.weights.layouts.named_outline import named_config
from rs_core.weights.layouts.take import COUNTER, shapes_of, take
from rs_core.weights.layouts.timm_hub import read_hub_config

STAGES = {"c2": "layer1", "c3": "layer2", "c4": "layer3", "c5": "layer4"}
DEEP_STEM = {
    "conv1": "conv1.0",
    "bn1": "conv1.1",
    "conv2": "conv1.3",
    "bn2": "conv1.4",
    "conv3": "conv1.6",
    "bn3": "bn1",
    "conv4": "maxpool.0",
    "bn4": "maxpool.1",
}
SINGLE_STEM = {"conv1": "conv1", "bn1": "bn1", "conv2": "maxpool.0", "bn2": "maxpool.1"}

DEEP_STEM_NAME = re.compile(r"conv1\.\d")
BLOCK_NAME = re.compile(r"layer([1-4])\.(\d+)\.((?:conv|bn)\d|se\.fc\d|downsample\.\d)\.(\w+)")
SQUEEZE = {"se.reduce": "se.fc1", "se.expand": "se.fc2"}

# Share of the short edge at timm's default resolution; 0.875 where none is here.
CROP_FRACTIONS = {"resnet_rs_50": 0.91, "resnet_rs_101": 0.94}
CROP_FRACTIONS |= {f"resnet_rs_{depth}": 1.0 for depth in (152, 200, 270, 350, 420)}
CROP_FRACTIONS |= {f"resnet_d_{depth}": 0.95 for depth in (101, 152, 200)}
RESOLUTIONS = {f"resnet_d_{depth}": 256 for depth in (101, 152, 200)}

SETTINGS_NOTE = (
    "names and shapes do not tell activation, padding, filters before a stride (timm's resnetaa* and resnetblur*) and "
    "where a stage strides: taken as ReLU, symmetric padding, no filter and strides on the 3x3"
)
HUB_NOTE = "preprocessing and activation are what the config.json beside the file states"
TIMM_INPUT_NOTE = "preprocessing is timm's default for this architecture"
TORCHVISION_INPUT_NOTE = (
    "timm and torchvision share these names: preprocessing is that of torchvision's IMAGENET1K_V1 (bilinear, crop "
    "0.875), while most of timm's weights want bicubic and other crops"
)


@dataclass(frozen=True)
class TimmLayout:
    """State dicts of timm's resnet*, resnet*d and resnetrs*, and of torchvision's ResNets."""

    name: str = "timm"

    def recognizes(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""
        return any(map(BLOCK_NAME.fullmatch, shapes))

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        Raises:
            UserError: naming what does not fit, or a network that is not of this family. Nothing is loaded.
        """
        source = f"the timm or torchvision weights of {tensors.path}"
        config = timm_config(tensors.shapes, source)
        stated = read_hub_config(tensors.path.parent, options)
        if stated:
            config = dataclasses.replace(config, activation=stated.activation)
        with torch.device("meta"):
            model = build_model(config)
        architecture = name_architecture(config)
        weights = take_timm(tensors, model, source=source, network=architecture)
        preprocessing, notes = timm_preprocessing(config, options)
        notes = (*notes, SETTINGS_NOTE)
        if stated:
            offset = preprocessing.class_offset
            preprocessing, notes = dataclasses.replace(stated.preprocessing, class_offset=offset), (HUB_NOTE,)
        return Imported(
            config=config,
            weights=weights,
            architecture=architecture,
            preprocessing=preprocessing,
            averaged="_ema" in tensors.path.name or "ema" in tensors.metadata.get("taken_from", ""),
            notes=notes,
            class_names=stated.class_names if stated else (),
        )


LAYOUT = TimmLayout()


def timm_config(shapes: Mapping[str, tuple[int, ...]], source: str) -> ResNetConfig:
    """Find the network from names and shapes.

    Raises:
        UserError: a network that is not of this family.
    """
    is_deep = any(map(DEEP_STEM_NAME.match, shapes))
    # Without ResNet-D's pool the projection is the first layer of a shortcut, else the second.
    has_pool = not any(".downsample.0." in name for name in shapes)
    ours = {our_key(name, is_deep=is_deep): shape for name, shape in shapes.items()}
    return named_config(ours, "D" if has_pool else "B", source)


def our_key(name: str, *, is_deep: bool) -> str:
    """Translate a name for ``named_config``; shortcuts and what is not timm's keep theirs."""
    layer, _, leaf = name.rpartition(".")
    if layer == "fc":
        return f"classifier.{leaf}"
    stem = {theirs: ours for ours, theirs in (DEEP_STEM if is_deep else SINGLE_STEM).items()}
    if layer in stem:
        return f"stem.{stem[layer]}.{leaf}"
    match = BLOCK_NAME.fullmatch(name)
    if not match:
        return name
    stage, own = f"c{int(match[1]) + 1}", match[3]
    renamed = {theirs: ours for ours, theirs in SQUEEZE.items()}
    return f"stages.{stage}.{match[2]}.{renamed.get(own, own)}.{leaf}"


def timm_preprocessing(config: ResNetConfig, options: Options) -> tuple[Preprocessing, tuple[str, ...]]:
    """Give the input of torchvision for a plain ResNet and of timm for others, and what to say about it.

    Sources: torchvision/models/resnet.py (weights ``IMAGENET1K_V1``), timm/models/resnet.py (``default_cfgs``).
    """
    row, _ = nearest_row(config)
    is_plain = row.startswith("resnet_") and row.removeprefix("resnet_").isdigit()
    class_offset, notes = background_class(config.num_classes)
    preprocessing = Preprocessing(
        resolution=options.resolution or RESOLUTIONS.get(row) or released_resolutions(row, "timm")[-1],
        crop_rule="resize_first",
        crop_fraction=CROP_FRACTIONS.get(row, 0.875),
        resize="pil_bilinear" if is_plain else "pil_bicubic",
        class_offset=class_offset,
    )
    return preprocessing, (*notes, TORCHVISION_INPUT_NOTE if is_plain else TIMM_INPUT_NOTE)


def from_timm(state_dict: Mapping[str, Tensor], model: ResidualNetwork) -> dict[str, Tensor]:
    """Turn timm's state dict into the state dict of ``model``; tensors are views where shapes agree.

    Counters of batches that are not there, as in old files, start at zero.

    Raises:
        UserError: missing, extra or misshapen tensors, by timm's names. Nothing is loaded.
    """
    return take_timm(state_dict, model, source="timm weights")


def take_timm(
    state_dict: Mapping[str, Tensor], model: ResidualNetwork, *, source: str, network: str = ""
) -> dict[str, Tensor]:
    """Check and take all tensors; ``source`` and ``network`` are for errors (``take``)."""
    found = shapes_of(state_dict)
    names = timm_names(model)
    return take(
        state_dict,
        {key: name for key, name in names.items() if name in found or not name.endswith(COUNTER)},
        model.state_dict(),
        found=found,
        their_shape=timm_shape,
        turn=lambda tensor: tensor,
        source=source,
        network=network,
    )


def to_timm(state_dict: Mapping[str, Tensor], model: ResidualNetwork) -> dict[str, Tensor]:
    """Turn a state dict of ``model`` (its own, or its weight average) into timm's.

    The model is needed because timm numbers the layers of a ResNet-D shortcut differently.

    >>> from rs_core import create_model
    >>> model = create_model("resnet_rs_50")
    >>> "layer1.0.downsample.1.weight" in to_timm(model.state_dict(), model)
    True

    Raises:
        UserError: missing, extra or misshapen tensors, by our names.
    """
    wanted = {key: t.shape for key, t in model.state_dict().items()}
    check_shapes(shapes_of(state_dict), wanted, source="weights")
    return {name: state_dict[key].reshape(timm_shape(key, state_dict[key])) for key, name in timm_names(model).items()}


def timm_names(model: ResidualNetwork) -> dict[str, str]:
    """Give timm's name for every key of the model's state dict.

    Raises:
        UserError: a network of clips or one with selective kernels, which timm does not have.
    """
    if not isinstance(model.config, ResNetConfig):
        raise UserError("timm has no names for a 3D network; save it under our own names")
    if model.config.sk_ratio:
        raise UserError("timm has no names for these selective kernels; save them under our own names")
    return {key: timm_name(key, model.config) for key in model.state_dict()}


def timm_name(key: str, config: ResNetConfig) -> str:
    """Translate one key, such as ``stages.c2.0.se.reduce.weight`` to ``layer1.0.se.fc1.weight``."""
    part, *path, leaf = key.split(".")
    if part == "classifier":
        return f"fc.{leaf}"
    if part == "stem":
        stem = DEEP_STEM if config.stem == "deep" else SINGLE_STEM
        return f"{stem[path[0]]}.{leaf}"
    stage, number, *layer = path
    # With ResNet-D, a pool without weights comes first, also where the stride is 1.
    first = 1 if config.downsampling == "D" else 0
    renamed = {"shortcut.conv": f"downsample.{first}", "shortcut.bn": f"downsample.{first + 1}", **SQUEEZE}
    own = ".".join(layer)
    return f"{STAGES[stage]}.{number}.{renamed.get(own, own)}.{leaf}"


def timm_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give timm's shape: its squeeze-and-excitation layers are 1x1 convolutions, ours are linear."""
    is_se_weight = ".se." in key and key.endswith("weight")
    return (*tensor.shape, 1, 1) if is_se_weight else tuple(tensor.shape)

"""A model ready for use as one file: weights, how to feed them, what the classes are called, where it comes from."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import torch
from safetensors.torch import save

from rs_core.atomic import write_atomically
from rs_core.choices import check_choice
from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import NetworkConfig, ResidualNetwork, ResNet3dConfig, ResNetConfig, build_model
from rs_core.weights.check import check_shapes
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.timm import from_timm, to_timm

METADATA_KEY = "rs_core"
EXPORT_METADATA_KEY = "rs_core_export"

NETWORKS: dict[str, type[NetworkConfig]] = {"resnet": ResNetConfig, "resnet3d": ResNet3dConfig}

# What reading a description raises where somebody has edited it.
DAMAGED = (ValueError, TypeError, KeyError, AttributeError, RecursionError, UserError)

Naming = Literal["rs_core", "timm"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where weights come from.

    Args:
        layout: ``rs_core`` for a run of ours, else the foreign layout, such as ``tf1``.
        architecture: the row of the table, or one and how the network differs from it.
        recipe: the recipe of a run of ours, else empty.
        source: the name of the file, the published name or the hub id.
        averaged: whether these are the weights that training averaged.
        passed_over: what the file held besides, such as ``161 momentum``.
        notes: what the user should know, a sentence each.
    """

    layout: str = "rs_core"
    architecture: str = ""
    recipe: str = ""
    source: str = ""
    averaged: bool = False
    passed_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PretrainedModel:
    """A model in eval mode with everything needed to use it.

    ``class_names`` has a name for every label; ``preprocessing.class_offset`` says which logit is the first.
    ``extras`` is what other packages keep beside the weights: plain values, under the name of the package.
    """

    model: ResidualNetwork
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    origin: Origin
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Description:
    """Everything about a model but its weights, as the metadata of a file hold it."""

    config: NetworkConfig
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    origin: Origin
    extras: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, values: Mapping[str, Any], **others: Any) -> Self:
        """Build it from what ``description`` gave, and what a subclass has besides; raises one of ``DAMAGED``."""
        return cls(
            config=from_dict(NETWORKS[values["network"]], values["model"]),
            preprocessing=from_dict(Preprocessing, values["preprocessing"]),
            class_names=tuple(map(str, values["class_names"])),
            origin=from_dict(Origin, values["origin"]),
            extras=dict(values.get("extras", {})),
            **others,
        )


def save_model(pretrained: PretrainedModel, path: Path, *, naming: Naming = "rs_core") -> None:
    """Write a safetensors file; its metadata hold all but the weights.

    ``naming``: whose names the tensors get. ``timm`` lets timm read the file as well, where it has the architecture.

    Raises:
        UserError: the disk is full or not writable, or timm has no names for this network.
    """
    model = pretrained.model
    tensors = model.state_dict() if naming == "rs_core" else to_timm(model.state_dict(), model)
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    content = save(tensors, {METADATA_KEY: json.dumps(description(pretrained, naming)), "format": "pt"})
    write_atomically(path, lambda file: file.write(content))


def description(pretrained: PretrainedModel, naming: Naming) -> dict[str, Any]:
    """Give everything about a model but its weights, as plain values."""
    config = pretrained.model.config
    return {
        "network": next(name for name, cls in NETWORKS.items() if isinstance(config, cls)),
        "naming": naming,
        "model": dataclasses.asdict(config),
        "preprocessing": dataclasses.asdict(pretrained.preprocessing),
        "class_names": pretrained.class_names,
        "origin": dataclasses.asdict(pretrained.origin),
        "extras": dict(pretrained.extras),
    }


def read_model(file: TensorFile, metadata: str) -> PretrainedModel:
    """Build the model that a file of ours describes, ``metadata`` being its text under ``METADATA_KEY``.

    Raises:
        UserError: a damaged description, or weights that do not fit it.
    """
    try:
        values = json.loads(metadata)
        described = Description.parse(values)
        naming = check_choice("naming", values["naming"], Naming)
        check_class_names(described.class_names, count_labels(described.config, described.preprocessing), "it")
    except DAMAGED as error:
        raise UserError(f"{file.path}: the description in it is damaged ({error}); copy the file again") from None
    with torch.device("meta"):
        skeleton = build_model(described.config)
    # Before anything of the described size is allocated.
    check_shapes(file.shapes, shapes(skeleton, naming), source=f"the weights in {file.path}")
    model = skeleton.to_empty(device="cpu")
    model.load_state_dict(from_timm(file, model) if naming == "timm" else dict(file))
    return PretrainedModel(
        model=model.eval(),
        preprocessing=described.preprocessing,
        class_names=described.class_names,
        origin=described.origin,
        extras=described.extras,
    )


def shapes(model: ResidualNetwork, naming: Naming) -> dict[str, tuple[int, ...]]:
    """Give the shape of every tensor that a file of this network holds, by name."""
    tensors = model.state_dict() if naming == "rs_core" else to_timm(model.state_dict(), model)
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def count_labels(config: NetworkConfig, preprocessing: Preprocessing) -> int:
    """Count the classes that images are labelled with; a background class is not one of them."""
    return max(0, config.num_classes - preprocessing.class_offset)


def check_class_names(class_names: tuple[str, ...], num_labels: int, source: str) -> None:
    """Refuse more or fewer names than classes.

    Raises:
        UserError: with both counts.
    """
    if len(class_names) != num_labels:
        raise UserError(f"{source} has {len(class_names)} class names for {num_labels} classes; correct them")


def empty_model(config: NetworkConfig) -> ResidualNetwork:
    """Build a network on the CPU without spending time on starting values."""
    with torch.device("meta"):
        model = build_model(config)
    return model.to_empty(device="cpu")

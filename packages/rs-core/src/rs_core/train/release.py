"""A trained model as one file: weights, how to feed them, and what the classes are called."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResNet, ResNetConfig
from rs_core.atomic import write_atomically
from rs_core.weights.check import load_weights

METADATA_KEY = "rs_core"


@dataclass(frozen=True, kw_only=True)
class ReleasedModel:
    """A model in eval mode with everything needed to use it."""

    model: ResNet
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    recipe: str


def save_model(released: ReleasedModel, path: Path) -> None:
    """Write ``model.safetensors``; the metadata hold architecture, preprocessing and class names.

    Raises:
        UserError: the disk is full or not writable.
    """
    about = {
        "recipe": released.recipe,
        "model": dataclasses.asdict(released.model.config),
        "preprocessing": dataclasses.asdict(released.preprocessing),
        "class_names": released.class_names,
    }
    tensors = {name: tensor.contiguous() for name, tensor in released.model.state_dict().items()}
    content = save(tensors, {METADATA_KEY: json.dumps(about)})
    write_atomically(path, lambda file: file.write(content))


def load_model(path: Path) -> ReleasedModel:
    """Read ``model.safetensors``, or the one of a run directory.

    Raises:
        UserError: no such file, not written by rs-core, damaged, or weights that do not fit their own description.
    """
    if path.is_dir():
        path = path / "model.safetensors"
    if not path.is_file():
        raise UserError(f"{path}: no such model; give a run directory or a model.safetensors file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not a readable safetensors file ({error}); copy it again") from None
    if METADATA_KEY not in metadata:
        raise UserError(f"{path}: does not say which model it is; use a model.safetensors written by rs-core")
    try:
        about: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        config = from_dict(ResNetConfig, about["model"])
        preprocessing = from_dict(Preprocessing, about["preprocessing"])
        class_names, recipe = tuple(about["class_names"]), str(about["recipe"])
    except (ValueError, TypeError, KeyError, UserError) as error:
        raise UserError(f"{path}: the description in it is damaged ({error}); copy the file again") from None
    with torch.device("meta"):
        model = ResNet(config)
    model.to_empty(device="cpu")
    load_weights(model, weights, str(path))
    return ReleasedModel(model=model.eval(), preprocessing=preprocessing, class_names=class_names, recipe=recipe)

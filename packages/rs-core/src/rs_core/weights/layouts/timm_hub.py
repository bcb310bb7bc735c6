"""What timm's ``config.json`` beside weights from the hub says about them (timm/models/_hub.py).

Shapes do not tell everything: timm's resnetblur50 and resnetaa50, which filter before they stride, look like its
resnet50.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.resize import Resize
from rs_core.errors import UserError
from rs_core.models.layers import Activation
from rs_core.weights.layouts.layout import Options

CONFIG = "config.json"
RESIZES: dict[str, Resize] = {"bicubic": "pil_bicubic", "bilinear": "pil_bilinear"}

# Entry points whose networks are of this family, with tags of old versions before or behind the name.
ARCHITECTURE = re.compile(r"(.+_)?(se)?resnet(rs)?\d+.*")
ACTIVATIONS: dict[str, Activation] = {"relu": "relu", "silu": "silu", "swish": "silu"}

# Arguments of timm's ResNet: the values that ours have, those that shapes tell, those that change nothing in eval mode.
OURS: dict[str, set[Any]] = {"act_layer": set(ACTIVATIONS), "global_pool": {"avg"}, "output_stride": {32}}
TOLD_BY_SHAPES = {"layers", "channels", "stem_type", "stem_width", "replace_stem_pool", "avg_down", "in_chans"}
TOLD_BY_SHAPES |= {"num_classes", "cardinality", "base_width"}
TRAINING_ALONE = {"drop_rate", "drop_path_rate", "drop_block_rate", "zero_init_last"}


@dataclass(frozen=True, kw_only=True)
class HubConfig:
    """What the author of the weights stated: activation, input, and the names of the classes if they did."""

    activation: Activation
    preprocessing: Preprocessing
    class_names: tuple[str, ...]


def read_hub_config(folder: Path, options: Options) -> HubConfig | None:
    """Read the ``config.json`` of a folder; ``None`` where there is none of timm's.

    Raises:
        UserError: it is there, but damaged, of a network that is not of this family, or wants an input that cannot be
            given.
    """
    path = folder / CONFIG
    if not path.is_file():
        return None
    try:
        stated: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "pretrained_cfg" not in stated:
            return None
        foreign = what_is_foreign(stated)
        config = from_config(stated, options)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, UserError) as error:
        raise UserError(f"{path}: not a timm config to follow ({error}); remove it for the defaults") from None
    if foreign:
        raise UserError(f"{path}: {foreign}, so the weights are not of a network of this family; give others")
    return config


def what_is_foreign(stated: dict[str, Any]) -> str:
    """Name what is stated of a network that none of ours is or has, or nothing."""
    architecture = stated.get("architecture", "")
    if architecture and not ARCHITECTURE.fullmatch(architecture):
        return f"architecture={architecture!r}"
    given = {name: value for name, value in model_args(stated).items() if name not in TOLD_BY_SHAPES | TRAINING_ALONE}
    return next((f"{name}={value!r}" for name, value in given.items() if value not in OURS.get(name, set())), "")


def from_config(stated: dict[str, Any], options: Options) -> HubConfig:
    """Turn timm's ``model_args`` and ``pretrained_cfg`` into ours."""
    pretrained_cfg = stated["pretrained_cfg"]
    preprocessing = {
        "resolution": options.resolution or pretrained_cfg["input_size"][-1],
        "mean": pretrained_cfg["mean"],
        "std": pretrained_cfg["std"],
        "crop_rule": "resize_first",
        "crop_fraction": pretrained_cfg["crop_pct"],
        "resize": RESIZES[pretrained_cfg["interpolation"]],
    }
    return HubConfig(
        activation=ACTIVATIONS.get(model_args(stated).get("act_layer", "relu"), "relu"),
        preprocessing=from_dict(Preprocessing, preprocessing),
        class_names=tuple(map(str, pretrained_cfg.get("label_names") or ())),
    )


def model_args(stated: dict[str, Any]) -> dict[str, Any]:
    """Give the arguments of timm's network that are not the entry point's own."""
    return {name: value for name, value in (stated.get("model_args") or {}).items() if value is not None}

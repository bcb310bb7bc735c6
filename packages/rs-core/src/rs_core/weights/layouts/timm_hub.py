"""What timm's ``config.json`` beside weights from the hub says about their input (timm/models/_hub.py)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.resize import Resize
from rs_core.errors import UserError
from rs_core.weights.layouts.layout import Options

CONFIG = "config.json"
RESIZES: dict[str, Resize] = {"bicubic": "pil_bicubic", "bilinear": "pil_bilinear"}


@dataclass(frozen=True, kw_only=True)
class HubConfig:
    """The input that the author of the weights stated, and the names of the classes if they did."""

    preprocessing: Preprocessing
    class_names: tuple[str, ...]


def read_hub_config(folder: Path, options: Options) -> HubConfig | None:
    """Read the ``config.json`` of a folder; ``None`` where there is none of timm's.

    Raises:
        UserError: it is there, but damaged, or wants an input that cannot be given.
    """
    path = folder / CONFIG
    if not path.is_file():
        return None
    try:
        stated: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "pretrained_cfg" not in stated:
            return None
        return from_pretrained_cfg(stated["pretrained_cfg"], options)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, UserError) as error:
        raise UserError(f"{path}: not a timm config to follow ({error}); remove it for the defaults") from None


def from_pretrained_cfg(stated: dict[str, Any], options: Options) -> HubConfig:
    """Turn timm's ``pretrained_cfg`` into ours."""
    preprocessing = {
        "resolution": options.resolution or stated["input_size"][-1],
        "mean": stated["mean"],
        "std": stated["std"],
        "crop_rule": "resize_first",
        "crop_fraction": stated["crop_pct"],
        "resize": RESIZES[stated["interpolation"]],
    }
    return HubConfig(
        preprocessing=from_dict(Preprocessing, preprocessing),
        class_names=tuple(map(str, stated.get("label_names") or ())),
    )

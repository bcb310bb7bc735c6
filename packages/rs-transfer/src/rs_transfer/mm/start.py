"""What a fine-tuning on the engine of mm* starts from."""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResNetConfig, build_model
from rs_core.weights.pretrained import load_pretrained

WHITE = 255.0


@dataclass(frozen=True, kw_only=True)
class Start:
    """A backbone with its weights, and the pixels that these know.

    Args:
        backbone: config of an ``RSBackbone``; a task may add fields to it.
        channels: of c2 to c5.
        strides: of c2 to c5, in pixels.
        preprocessing: of the weights; ImageNet's for random ones.
    """

    backbone: dict[str, Any]
    channels: tuple[int, ...]
    strides: tuple[int, ...]
    preprocessing: Preprocessing

    @property
    def pixel_statistics(self) -> dict[str, Any]:
        """``mean`` and ``std`` of RGB as mm* reads them, on the scale where white is 255."""
        mean, std = self.preprocessing.mean, self.preprocessing.std
        return {"mean": [WHITE * value for value in mean], "std": [WHITE * value for value in std]}


def open_start(weights: str, model: ResNetConfig, *, frozen_stages: int = -1, norm_eval: bool = False) -> Start:
    """Look what weights are of; without weights the network is ``model``.

    Raises:
        UserError: weights that cannot be had, or of a network of clips.
    """
    backbone: dict[str, Any] = {"type": "RSBackbone", "frozen_stages": frozen_stages, "norm_eval": norm_eval}
    if not weights:
        fields = {name: value for name, value in asdict(model).items() if name != "num_classes"}
        return start({**backbone, "name": "resnet_50", **fields}, model, Preprocessing(resolution=224))
    pretrained = load_pretrained(weights)
    config = pretrained.model.config
    if not isinstance(config, ResNetConfig):
        raise UserError(f"weights={weights!r} are of a network of clips; give those of a network of images")
    return start({**backbone, "weights": weights}, config, pretrained.preprocessing)


def start(backbone: dict[str, Any], config: ResNetConfig, preprocessing: Preprocessing) -> Start:
    """Put together what is known of a backbone."""
    with torch.device("meta"):
        maps = build_model(config).feature_info
    return Start(
        backbone=backbone,
        channels=tuple(info.channels for info in maps),
        strides=tuple(info.stride for info in maps),
        preprocessing=preprocessing,
    )

"""Building networks by name."""

import dataclasses
import fnmatch
from collections.abc import Mapping
from typing import Any

from rs_core.errors import UserError, nearest
from rs_core.extras import missing_extra
from rs_core.models.config import NetworkConfig, ResNetConfig
from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.families import FAMILIES
from rs_core.models.network import ResidualNetwork
from rs_core.models.resnet import ResNet
from rs_core.models.resnet3d import ResNet3d


def list_models(pattern: str = "*") -> list[str]:
    """Give the names that ``create_model`` knows, filtered by a shell pattern such as ``"*rs*"``."""
    return [name for name in FAMILIES if fnmatch.fnmatchcase(name, pattern)]


def model_config(name: str, **overrides: Any) -> NetworkConfig:
    """Give a row of the table with some fields replaced: a ``ResNetConfig``, or for clips a ``ResNet3dConfig``.

    Raises:
        UserError: an unknown name or field, or a value out of range.
    """
    if name not in FAMILIES:
        raise UserError(f"unknown model {name!r}{nearest(name, list(FAMILIES))}; list_models() has all names")
    return replace_fields(FAMILIES[name], overrides, name)


def replace_fields(config: NetworkConfig, overrides: Mapping[str, Any], name: str) -> NetworkConfig:
    """Give a configuration with some fields replaced; ``name`` is what a message calls the network.

    Raises:
        UserError: an unknown field, or a value out of range.
    """
    fields = [field.name for field in dataclasses.fields(config)]
    for key in overrides:
        if key not in fields:
            raise UserError(f"{name} has no option {key!r}{nearest(key, fields)}; it has {', '.join(fields)}")
    return dataclasses.replace(config, **overrides)


def image_model_config(name: str, **overrides: Any) -> ResNetConfig:
    """Give a row for images, as ``model_config`` does.

    Raises:
        UserError: a network of clips, an unknown name or field, or a value out of range.
    """
    config = model_config(name, **overrides)
    if not isinstance(config, ResNetConfig):
        raise UserError(f"{name} takes clips of video; choose a network of images, such as resnet_rs_50")
    return config


def build_model(config: NetworkConfig) -> ResidualNetwork:
    """Build the network that a configuration describes: a :class:`ResNet`, or for clips a :class:`ResNet3d`."""
    if isinstance(config, ResNet3dConfig):
        return ResNet3d(config)
    if isinstance(config, ResNetConfig):
        return ResNet(config)
    raise TypeError(f"{type(config).__name__} describes no network; give a ResNetConfig or a ResNet3dConfig")


def create_model(name: str, *, weights: str | None = None, **overrides: Any) -> ResidualNetwork:
    """Build a network by name; keyword arguments replace fields of its configuration.

    Rows ``resnet_*`` take images ``[N, C, H, W]``, rows ``r3d_*`` clips ``[N, C, T, H, W]``. ``weights`` is the tag of
    published ones, such as ``tf1-i160`` (``rs-core weights list``), or anything that ``load_pretrained`` takes;
    without it the weights are random. A classifier for other than their number of classes starts anew.

    >>> model = create_model("resnet_rs_50", num_classes=10, drop_path_rate=0.1)
    >>> sum(p.numel() for p in create_model("resnet_rs_50").parameters())
    35691912

    Raises:
        UserError: an unknown name or field, a value out of range, or weights that cannot be had or are of another row.
    """
    if weights is not None:
        try:
            from rs_core.weights.initial import create_with_weights  # noqa: PLC0415  # models alone need torch alone
        except ModuleNotFoundError as error:
            raise missing_extra(error, "create_model(weights=…)") from None
        return create_with_weights(name, weights, overrides)
    return build_model(model_config(name, **overrides))

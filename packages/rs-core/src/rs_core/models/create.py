"""Building networks by name."""

import dataclasses
import fnmatch
from typing import Any

from rs_core.errors import UserError, nearest
from rs_core.models.config import ResNetConfig
from rs_core.models.families import FAMILIES
from rs_core.models.resnet import ResNet


def list_models(pattern: str = "*") -> list[str]:
    """Give the names that ``create_model`` knows, filtered by a shell pattern such as ``"*rs*"``."""
    return [name for name in FAMILIES if fnmatch.fnmatchcase(name, pattern)]


def model_config(name: str, **overrides: Any) -> ResNetConfig:
    """Give a row of the table with some fields replaced.

    Raises:
        UserError: an unknown name or field, or a value out of range.
    """
    if name not in FAMILIES:
        raise UserError(f"unknown model {name!r}{nearest(name, list(FAMILIES))}; list_models() has all names")
    fields = [field.name for field in dataclasses.fields(ResNetConfig)]
    for key in overrides:
        if key not in fields:
            raise UserError(f"{name} has no option {key!r}{nearest(key, fields)}; it has {', '.join(fields)}")
    return dataclasses.replace(FAMILIES[name], **overrides)


def create_model(name: str, **overrides: Any) -> ResNet:
    """Build a network by name; keyword arguments replace fields of its :class:`ResNetConfig`.

    >>> model = create_model("resnet_rs_50", num_classes=10, drop_path_rate=0.1)
    >>> sum(p.numel() for p in create_model("resnet_rs_50").parameters())
    35691912

    Raises:
        UserError: an unknown name or field, or a value out of range.
    """
    return ResNet(model_config(name, **overrides))

"""Configs as plain mappings and back: what YAML files, checkpoints and released models hold."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from rs_core.errors import UserError, nearest

T = TypeVar("T")


def from_dict(cls: type[T], values: Mapping[str, Any]) -> T:
    """Build a config dataclass from nested mappings such as ``dataclasses.asdict`` gives.

    Raises:
        UserError: a key that the dataclass lacks, or one that it needs and the mapping lacks.
    """
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]  # a dataclass
    for key in values:
        if key not in fields:
            raise UserError(f"{cls.__name__} has no field {key!r}{nearest(key, list(fields))}")
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and name not in values:
            raise UserError(f"{cls.__name__} needs a value for {name!r}")
    return cls(**{key: convert(hints[key], value) for key, value in values.items()})


def convert(hint: Any, value: Any) -> Any:
    """Turn lists into tuples and mappings into dataclasses where the type says so."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        return convert(next(h for h in typing.get_args(hint) if h is not type(None)), value)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_dict(typing.cast("type[Any]", hint), value)
    if typing.get_origin(hint) is tuple and isinstance(value, list | tuple):
        return tuple(value)
    return value

"""Configs as plain mappings and back: what YAML files, checkpoints and released models hold."""

import dataclasses
import math
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from rs_core.choices import check_choice
from rs_core.errors import UserError, nearest

T = TypeVar("T")

KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "text"}


def from_dict(cls: type[T], values: Mapping[str, Any], prefix: str = "") -> T:
    """Build a config dataclass from nested mappings such as ``dataclasses.asdict`` or YAML give.

    ``prefix`` is what a message puts before the names of the fields, such as ``"model."``.

    Raises:
        UserError: a key that the dataclass lacks, one that it needs and the mapping lacks, or a value of another type.
    """
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]  # a dataclass
    for key in values:
        if key not in fields:
            raise UserError(f"there is no setting {prefix}{key}{nearest(str(key), list(fields))}")
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and name not in values:
            raise UserError(f"the setting {prefix}{name} is missing; give it a value")
    return cls(**{key: convert(hints[key], value, prefix + key) for key, value in values.items()})


def convert(hint: Any, value: Any, name: str) -> Any:
    """Turn mappings into dataclasses, lists into tuples and integers into floats where the type says so.

    Raises:
        UserError: the value is of another type; ``name`` is what the message calls it.
    """
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            first = dataclasses.fields(hint)[0].name
            raise UserError(f"{name}={value!r}: holds several settings, so name one of them, such as {name}.{first}")
        return from_dict(typing.cast("type[Any]", hint), value, f"{name}.")
    if typing.get_origin(hint) is tuple:
        return convert_tuple(typing.get_args(hint), value, name)
    if typing.get_origin(hint) is Literal:
        return check_choice(name, value, hint)
    if hint is float and type(value) in (int, float, str):
        return to_float(value, name)
    if type(value) is not hint:
        raise UserError(f"{name}={value!r}: give {KINDS[hint]}")
    return value


def convert_tuple(hints: tuple[Any, ...], value: Any, name: str) -> tuple[Any, ...]:
    """Convert every item; the type fixes how many there are, unless it ends with an ellipsis."""
    if not isinstance(value, list | tuple):
        raise UserError(f"{name}={value!r}: give a list")
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(value)
    if len(value) != len(hints):
        raise UserError(f"{name}={list(value)}: give a list of {len(hints)}")
    return tuple(convert(hint, item, name) for hint, item in zip(hints, value, strict=True))


def to_float(value: float | str, name: str) -> float:
    """Read a finite number; YAML takes ``4e-5``, which has no decimal point, for text."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{name}={value!r}: give {KINDS[float]}")
    return number


def differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> tuple[str, ...]:
    """Give the settings that changed between two nested mappings of the same config.

    >>> differences({"epochs": 5.0, "run": {"seed": 0}}, {"epochs": 9.0, "run": {"seed": 0}})
    ('epochs=9.0 instead of 5.0',)
    """
    changed: tuple[str, ...] = ()
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            changed += differences(old, value, f"{prefix}{key}.")
        elif value != old:
            changed += (f"{prefix}{key}={value} instead of {old}",)
    return changed

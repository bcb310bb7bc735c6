"""Fields that take one of a few words."""

import dataclasses
import typing
from typing import Any, Literal

from rs_core.errors import UserError, nearest


def check_choices(config: Any) -> None:
    """Refuse a dataclass whose ``Literal`` fields hold something else.

    Raises:
        UserError: naming the field, the value and the choices.
    """
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        if typing.get_origin(hints[field.name]) is Literal:
            check_choice(field.name, getattr(config, field.name), hints[field.name])


def check_choice(name: str, value: Any, hint: Any) -> Any:
    """Give ``value`` back if it is one of the words of a ``Literal``.

    Raises:
        UserError: naming the setting, the value and the choices.
    """
    choices = [str(choice) for choice in typing.get_args(hint)]
    if value not in choices:
        raise UserError(f"{name}={value!r}: choose from {choices}{nearest(str(value), choices)}")
    return value

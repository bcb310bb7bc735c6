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
        if typing.get_origin(hints[field.name]) is not Literal:
            continue
        choices = [str(choice) for choice in typing.get_args(hints[field.name])]
        value = getattr(config, field.name)
        if value not in choices:
            raise UserError(f"{field.name}={value!r}: choose from {choices}{nearest(str(value), choices)}")

"""A recipe as a named difference from another one."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from rs_core.configs import from_dict
from rs_core.recipes.recipe import BaseRecipe

R = TypeVar("R", bound=BaseRecipe)


def with_changes(recipe: R, changes: Mapping[str, Any]) -> R:
    """Give a recipe with some settings replaced; a dot reaches into a group of settings.

    >>> from rs_core.recipes import get_recipe
    >>> with_changes(get_recipe("resnet_rs_50_i160"), {"model.dropout": 0.5}).model.dropout
    0.5

    Raises:
        UserError: a setting that the recipe does not have, or a value that it cannot take.
    """
    values = asdict(recipe)
    for name, value in changes.items():
        *groups, setting = name.split(".")
        place = values
        for group in groups:
            place = place.setdefault(group, {})
        place[setting] = value
    return from_dict(type(recipe), values)

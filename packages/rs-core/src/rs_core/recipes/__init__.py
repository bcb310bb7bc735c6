"""Recipes: the eleven published rows by name, and the laptop form of each."""

import fnmatch

from rs_core.errors import UserError, nearest
from rs_core.recipes.changes import with_changes
from rs_core.recipes.ladder import Ladder
from rs_core.recipes.laptop import LAPTOP_SUFFIX, laptop
from rs_core.recipes.published import PUBLISHED
from rs_core.recipes.recipe import BaseRecipe, DistillationConfig, EmaConfig, OptimizerConfig, Recipe, ScheduleConfig
from rs_core.recipes.step import Step

__all__ = [
    "LAPTOP_SUFFIX",
    "PUBLISHED",
    "BaseRecipe",
    "DistillationConfig",
    "EmaConfig",
    "Ladder",
    "OptimizerConfig",
    "Recipe",
    "ScheduleConfig",
    "Step",
    "get_recipe",
    "laptop",
    "list_recipes",
    "with_changes",
]


def list_recipes(pattern: str = "*") -> list[str]:
    """Give the names of the recipes, filtered by a shell pattern such as ``"*i256"``."""
    return [name for name in PUBLISHED if fnmatch.fnmatchcase(name, pattern)]


def get_recipe(name: str) -> Recipe:
    """Give a recipe by name; with ``_laptop`` at the end, its laptop form.

    >>> get_recipe("resnet_rs_152_i224").randaugment.magnitude
    15

    Raises:
        UserError: an unknown name.
    """
    published = name.removesuffix(LAPTOP_SUFFIX)
    if published not in PUBLISHED:
        raise UserError(f"unknown recipe {name!r}{nearest(name, list(PUBLISHED))}; choose from {', '.join(PUBLISHED)}")
    return PUBLISHED[published] if published == name else laptop(PUBLISHED[published])

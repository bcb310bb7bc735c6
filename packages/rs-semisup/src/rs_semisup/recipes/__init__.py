"""Recipes of joint training: the published rows by name, and the laptop form of each."""

import fnmatch

from rs_core.errors import UserError, nearest
from rs_core.recipes.laptop import LAPTOP_SUFFIX
from rs_semisup.recipes.laptop import laptop
from rs_semisup.recipes.published import PUBLISHED
from rs_semisup.recipes.recipe import FixConfig, JointConfig, SemisupRecipe

__all__ = [
    "LAPTOP_SUFFIX",
    "PUBLISHED",
    "FixConfig",
    "JointConfig",
    "SemisupRecipe",
    "get_semisup_recipe",
    "laptop",
    "list_semisup_recipes",
]


def list_semisup_recipes(pattern: str = "*") -> list[str]:
    """Give the names of the recipes, filtered by a shell pattern.

    >>> list_semisup_recipes("*_152_*")
    ['resnet_rs_152_i192_semisup', 'resnet_rs_152_i224_semisup', 'resnet_rs_152_i256_semisup']
    """
    return [name for name in PUBLISHED if fnmatch.fnmatchcase(name, pattern)]


def get_semisup_recipe(name: str) -> SemisupRecipe:
    """Give a recipe by name; with ``_laptop`` at the end, its laptop form.

    >>> get_semisup_recipe("resnet_rs_152_i224_semisup").joint.ratio
    3

    Raises:
        UserError: an unknown name.
    """
    published = name.removesuffix(LAPTOP_SUFFIX)
    if published not in PUBLISHED:
        raise UserError(f"unknown recipe {name!r}{nearest(name, list(PUBLISHED))}; choose from {', '.join(PUBLISHED)}")
    return PUBLISHED[published] if published == name else laptop(PUBLISHED[published])

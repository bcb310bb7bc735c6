"""Recipes of SimCLR: the published ones by name, and the laptop form of each."""

import fnmatch

from rs_core.errors import UserError, nearest
from rs_core.recipes.laptop import LAPTOP_SUFFIX
from rs_transfer.simclr.recipes.laptop import laptop
from rs_transfer.simclr.recipes.published import PUBLISHED
from rs_transfer.simclr.recipes.recipe import SimCLRRecipe

__all__ = ["LAPTOP_SUFFIX", "PUBLISHED", "SimCLRRecipe", "get_simclr_recipe", "laptop", "list_simclr_recipes"]


def list_simclr_recipes(pattern: str = "*") -> list[str]:
    """Give the names of the recipes, filtered by a shell pattern.

    >>> list_simclr_recipes("*_50")
    ['simclr_v1_resnet_50', 'simclr_v2_resnet_50']
    """
    return [name for name in PUBLISHED if fnmatch.fnmatchcase(name, pattern)]


def get_simclr_recipe(name: str) -> SimCLRRecipe:
    """Give a recipe by name; with ``_laptop`` at the end, its laptop form.

    >>> get_simclr_recipe("simclr_v2_resnet_50").projection.num_layers
    3

    Raises:
        UserError: an unknown name.
    """
    published = name.removesuffix(LAPTOP_SUFFIX)
    if published not in PUBLISHED:
        raise UserError(f"unknown recipe {name!r}{nearest(name, list(PUBLISHED))}; choose from {', '.join(PUBLISHED)}")
    return PUBLISHED[published] if published == name else laptop(PUBLISHED[published])

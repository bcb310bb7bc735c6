"""How starting points are trained: the paper's subset of ResNet-RS, the standard baseline, the laptop form of each."""

import fnmatch

from rs_core.errors import UserError, nearest
from rs_core.recipes import LAPTOP_SUFFIX, Recipe
from rs_transfer.recipes.laptop import laptop
from rs_transfer.recipes.starting_points import STARTING_POINTS

__all__ = ["LAPTOP_SUFFIX", "STARTING_POINTS", "get_transfer_recipe", "laptop", "list_transfer_recipes"]


def list_transfer_recipes(pattern: str = "*") -> list[str]:
    """Give the names of the recipes, filtered by a shell pattern.

    >>> list_transfer_recipes("resnet_50_*")
    ['resnet_50_transfer', 'resnet_50_supervised']
    """
    return [name for name in STARTING_POINTS if fnmatch.fnmatchcase(name, pattern)]


def get_transfer_recipe(name: str) -> Recipe:
    """Give a recipe by name; with ``_laptop`` at the end, its laptop form.

    >>> get_transfer_recipe("resnet_50_transfer").epochs
    400.0

    Raises:
        UserError: an unknown name.
    """
    whole = name.removesuffix(LAPTOP_SUFFIX)
    if whole not in STARTING_POINTS:
        known = list(STARTING_POINTS)
        raise UserError(f"unknown recipe {name!r}{nearest(name, known)}; choose from {', '.join(known)}")
    return STARTING_POINTS[whole] if whole == name else laptop(STARTING_POINTS[whole])

"""Recipes on video: the baseline, the additive study, the deeper networks by name, and the laptop form of each."""

import fnmatch

from rs_core.errors import UserError, nearest
from rs_core.recipes.laptop import LAPTOP_SUFFIX
from rs_video.recipes.additive_study import ADDITIVE_STUDY
from rs_video.recipes.laptop import laptop
from rs_video.recipes.published import PUBLISHED
from rs_video.recipes.recipe import VideoRecipe

__all__ = [
    "ADDITIVE_STUDY",
    "LAPTOP_SUFFIX",
    "PUBLISHED",
    "VideoRecipe",
    "get_video_recipe",
    "laptop",
    "list_video_recipes",
]


def list_video_recipes(pattern: str = "*") -> list[str]:
    """Give the names of the recipes, filtered by a shell pattern.

    >>> list_video_recipes("r3d_rs_*")
    ['r3d_rs_50', 'r3d_rs_101', 'r3d_rs_152', 'r3d_rs_200', 'r3d_rs_200_48x2']
    """
    return [name for name in PUBLISHED if fnmatch.fnmatchcase(name, pattern)]


def get_video_recipe(name: str) -> VideoRecipe:
    """Give a recipe by name; with ``_laptop`` at the end, its laptop form.

    >>> get_video_recipe("r3d_rs_50").model.drop_path_rate
    0.1

    Raises:
        UserError: an unknown name.
    """
    published = name.removesuffix(LAPTOP_SUFFIX)
    if published not in PUBLISHED:
        raise UserError(f"unknown recipe {name!r}{nearest(name, list(PUBLISHED))}; choose from {', '.join(PUBLISHED)}")
    return PUBLISHED[published] if published == name else laptop(PUBLISHED[published])

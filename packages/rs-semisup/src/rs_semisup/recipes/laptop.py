"""Any recipe of joint training, shrunk to a laptop."""

from dataclasses import replace

from rs_core.recipes import laptop as supervised_laptop
from rs_semisup.recipes.recipe import SemisupRecipe


def laptop(recipe: SemisupRecipe) -> SemisupRecipe:
    """Shrink a recipe as rs-core does; the ratio stays, and ``batch_size`` becomes that of so few labelled images."""
    small = supervised_laptop(recipe)
    return replace(small, batch_size=16)

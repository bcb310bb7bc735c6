"""Any recipe of joint training, shrunk to a laptop."""

from dataclasses import replace

from rs_core.recipes import laptop as supervised_laptop
from rs_core.recipes.laptop import RESOLUTION as SUPERVISED_RESOLUTION
from rs_semisup.recipes.recipe import SemisupRecipe

RESOLUTION = 16


def laptop(recipe: SemisupRecipe) -> SemisupRecipe:
    """Shrink a recipe so that teacher and students of the study on the built-in digits take minutes on two cores.

    As rs-core's laptop form, and smaller: images of 16 px, and 8 labelled ones in a batch with as many others as the
    recipe says. RandAugment has half the magnitude, because a few hundred steps have to do.
    """
    small = supervised_laptop(recipe)
    shrink = RESOLUTION / SUPERVISED_RESOLUTION
    return replace(
        small,
        resolution=RESOLUTION,
        batch_size=8,
        randaugment=replace(
            small.randaugment,
            magnitude=small.randaugment.magnitude / 2,
            translate_const=small.randaugment.translate_const * shrink,
            cutout_const=small.randaugment.cutout_const * shrink,
        ),
    )

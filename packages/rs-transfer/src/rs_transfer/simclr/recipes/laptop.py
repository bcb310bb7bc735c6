"""Any recipe of SimCLR, shrunk to a laptop."""

from dataclasses import replace

from rs_core.recipes.laptop import LAPTOP_SUFFIX
from rs_transfer.simclr.recipes.recipe import SimCLRRecipe

RESOLUTION = 16


def laptop(recipe: SimCLRRecipe) -> SimCLRRecipe:
    """Shrink a recipe so that it trains on the built-in digits 0 to 4 in less than a minute on one core.

    LARS, the projection head, the loss and the views stay, these as for small images: half the strength, no blur. The
    network is as narrow and shallow as in rs-core's laptop form. Nothing is flipped, because a mirrored digit is no
    digit, and crops keep at least half of the image. The learning rate is higher than the recipe's, because less than
    two hundred steps have to do.
    """
    return replace(
        recipe,
        recipe=recipe.recipe + LAPTOP_SUFFIX,
        model=replace(recipe.model, blocks=(1, 1, 1, 1), width_multiplier=0.25, stem="small"),
        resolution=RESOLUTION,
        epochs=13.0,
        batch_size=64,
        optimizer=replace(recipe.optimizer, learning_rate_per_256=6.0, learning_rate_scaling="linear"),
        schedule=replace(recipe.schedule, warmup_epochs=1.0),
        crop=replace(recipe.crop, area=(0.5, 1.0)),
        horizontal_flip=0.0,
        temperature=0.2,
        views=replace(recipe.views, strength=0.5, blur=0.0),
        published_top1=0.0,
    )

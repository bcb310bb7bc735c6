"""Any recipe, shrunk to a laptop: the same methods on a small network and small images."""

from dataclasses import replace
from typing import TypeVar

from rs_core.recipes.recipe import Recipe

R = TypeVar("R", bound=Recipe)

LAPTOP_SUFFIX = "_laptop"
RESOLUTION = 24


def laptop(recipe: R) -> R:
    """Shrink a recipe so that it trains on the built-in digits in about a minute on two cores.

    Every method of the recipe stays: weight average, label smoothing, dropout, drop-path, RandAugment, weight decay,
    warm-up and cosine, squeeze-and-excitation, the D shortcut. What shrinks: width (a quarter), depth (one block a
    stage, behind the small-image stem), images, batch and epochs; the learning rate is eight times the recipe's,
    because so few steps have to do. RandAugment's pixel constants shrink with the image, crops keep at least half of
    it, and nothing is flipped, because a mirrored digit is no digit.
    """
    shrink = RESOLUTION / recipe.resolution
    return replace(
        recipe,
        recipe=recipe.recipe + LAPTOP_SUFFIX,
        model=replace(recipe.model, blocks=(1, 1, 1, 1), width_multiplier=0.25, stem="small"),
        resolution=RESOLUTION,
        epochs=45.0,
        batch_size=64,
        optimizer=replace(recipe.optimizer, learning_rate_per_256=8 * recipe.optimizer.learning_rate_per_256),
        crop=replace(recipe.crop, area=(0.5, 1.0)),
        horizontal_flip=0.0,
        randaugment=replace(
            recipe.randaugment,
            translate_const=recipe.randaugment.translate_const * shrink,
            cutout_const=recipe.randaugment.cutout_const * shrink,
        ),
        published_top1=0.0,
    )

"""Any recipe on video, shrunk to a laptop: the same methods on a small network and small clips."""

from dataclasses import replace
from typing import TypeVar

from rs_core.recipes.laptop import LAPTOP_SUFFIX
from rs_video.data.views import ViewConfig
from rs_video.recipes.recipe import VideoRecipe

R = TypeVar("R", bound=VideoRecipe)

RESOLUTION = 48
NUM_FRAMES, FRAME_STRIDE = 8, 2


def laptop(recipe: R) -> R:
    """Shrink a recipe so that it trains on the built-in moving digits in a few minutes on two cores.

    Every method of the recipe stays: weight average, label smoothing, dropout, drop-path, weight decay, warm-up and
    cosine, squeeze-and-excitation, self-gating. What shrinks: width (a quarter), depth (one block a stage), clips,
    batch and epochs, and the views of evaluation; the learning rate is four times the recipe's, because so few steps
    have to do. Crops keep at least half of the frame, and nothing is flipped, because the class is the motion, and
    mirrored it is another one.
    """
    return replace(
        recipe,
        recipe=recipe.recipe + LAPTOP_SUFFIX,
        model=replace(recipe.model, blocks=(1, 1, 1, 1), width_multiplier=0.25),
        clip=replace(recipe.clip, num_frames=NUM_FRAMES, frame_stride=FRAME_STRIDE),
        resolution=RESOLUTION,
        views=ViewConfig(num_clips=2, num_crops=1, short_side=64, resolution=64),
        epochs=15.0,
        batch_size=32,
        optimizer=replace(recipe.optimizer, learning_rate_per_256=4 * recipe.optimizer.learning_rate_per_256),
        crop=replace(recipe.crop, area=(0.5, 1.0)),
        horizontal_flip=0.0,
        published_top1=0.0,
    )

"""What a recipe of joint training takes: steps, images, passes over the sets, days."""

from dataclasses import dataclass

from rs_core.train.schedule import num_steps
from rs_semisup.recipes.recipe import SemisupRecipe

SECONDS_PER_DAY = 86_400

IMAGENET_TRAIN = 1_281_167
PSEUDO_LABELLED = 130_000_000


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """The size of a joint run.

    >>> from rs_semisup.recipes import get_semisup_recipe
    >>> size = Arithmetic(recipe=get_semisup_recipe("resnet_rs_152_i224_semisup"))
    >>> size.num_steps, size.images_seen, round(size.pseudo_passes, 2)
    (109475, 1793638400, 10.35)

    Args:
        recipe: of the run.
        num_labelled: images with labels; the defaults are the paper's, ImageNet and 130 million.
        num_pseudo: images with pseudo-labels.
    """

    recipe: SemisupRecipe
    num_labelled: int = IMAGENET_TRAIN
    num_pseudo: int = PSEUDO_LABELLED

    @property
    def num_steps(self) -> int:
        """Optimiser steps."""
        return num_steps(self.recipe.epochs, self.num_labelled, self.recipe.batch_size)

    @property
    def labelled_seen(self) -> int:
        """Labelled images in all steps."""
        return self.num_steps * self.recipe.batch_size

    @property
    def pseudo_seen(self) -> int:
        """Pseudo-labelled images in all steps."""
        return self.labelled_seen * self.recipe.joint.ratio

    @property
    def images_seen(self) -> int:
        """Images of both kinds in all steps."""
        return self.labelled_seen + self.pseudo_seen

    @property
    def pseudo_passes(self) -> float:
        """How often each pseudo-labelled image is seen."""
        return self.pseudo_seen / self.num_pseudo

    def days(self, images_per_second: float, num_devices: int) -> float:
        """Give the days of training on devices of which each trains on so many images a second."""
        return self.images_seen / (images_per_second * num_devices) / SECONDS_PER_DAY

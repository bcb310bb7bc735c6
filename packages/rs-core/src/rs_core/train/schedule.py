"""The learning rate as a function of the step.

Sources: tensorflow/models:official/modeling/optimization (cosine with warm-up),
tensorflow/tpu:models/official/resnet/resnet_main.py (steps).
"""

import math
from collections.abc import Callable

from rs_core.recipes import BaseRecipe, ScheduleConfig

STEP_FACTOR = 0.1


def num_steps(epochs: float, num_samples: int, batch_size: int) -> int:
    """Give the optimiser steps that show ``epochs * num_samples`` images, rounded up.

    >>> num_steps(350, 1_281_167, 4096)
    109475
    """
    return max(1, math.ceil(epochs * num_samples / batch_size))


def learning_rate_schedule(recipe: BaseRecipe, num_samples: int) -> Callable[[int], float]:
    """Give the learning rate at step 0, 1, … of a recipe on a data set of ``num_samples`` images."""
    peak = recipe.optimizer.peak_learning_rate(recipe.batch_size)
    steps_per_epoch = num_samples / recipe.batch_size
    if recipe.schedule.decay == "step":
        return stepwise(peak, recipe.epochs, recipe.schedule, steps_per_epoch)
    total = num_steps(recipe.epochs, num_samples, recipe.batch_size)
    return cosine(peak, total, round(recipe.schedule.warmup_epochs * steps_per_epoch))


def cosine(peak: float, num_steps: int, num_warmup_steps: int) -> Callable[[int], float]:
    """Cosine from ``peak`` at step 0 to zero at ``num_steps``; the warm-up rises linearly to meet it.

    The cosine counts from step 0, so the warm-up ends a little below the peak.
    """

    def curve(step: int) -> float:
        return 0.5 * peak * (1 + math.cos(math.pi * min(step, num_steps) / num_steps))

    def learning_rate(step: int) -> float:
        if step < num_warmup_steps:
            return step / num_warmup_steps * curve(num_warmup_steps)
        return curve(step)

    return learning_rate


def stepwise(peak: float, epochs: float, schedule: ScheduleConfig, steps_per_epoch: float) -> Callable[[int], float]:
    """Linear warm-up to ``peak``, then a tenth from each milestone on, at whole epochs."""
    # 0.29 * 100 is a hair below 29.
    milestones = [math.floor(share * epochs + 1e-9) for share in schedule.milestones]

    def learning_rate(step: int) -> float:
        epoch = step / steps_per_epoch
        if epoch < schedule.warmup_epochs:
            return peak * epoch / schedule.warmup_epochs
        return peak * STEP_FACTOR ** sum(epoch >= milestone for milestone in milestones)

    return learning_rate

"""Any recipe of a starting point, shrunk to a laptop."""

from dataclasses import replace

from rs_core.recipes import Recipe
from rs_core.recipes import laptop as rs_core_laptop


def laptop(recipe: Recipe) -> Recipe:
    """Shrink a recipe so that it trains on the built-in digits 0 to 4 in less than a minute on one core.

    As rs-core's laptop form, but shorter: 12 epochs of batches of 32, one of them warm-up.
    """
    small = rs_core_laptop(recipe)
    return replace(small, epochs=12.0, batch_size=32, schedule=replace(small.schedule, warmup_epochs=1.0))

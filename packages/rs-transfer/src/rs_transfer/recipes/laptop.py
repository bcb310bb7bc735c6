"""Any recipe of a starting point, shrunk to a laptop."""

from dataclasses import replace

from rs_core.recipes import Recipe
from rs_core.recipes import laptop as rs_core_laptop


def laptop(recipe: Recipe) -> Recipe:
    """Shrink a recipe so that it trains on the built-in digits 0 to 4 in half a minute on one core.

    As rs-core's laptop form, but shorter: 20 epochs of batches of 32, which are as many steps, and 2 of warm-up.
    """
    small = rs_core_laptop(recipe)
    return replace(small, epochs=20.0, batch_size=32, schedule=replace(small.schedule, warmup_epochs=2.0))

"""Label smoothing, over all classes or over the wrong ones."""

from rs_core.errors import UserError
from rs_core.recipes.recipe import LabelSmoothingOver


def smoothing_over_all(label_smoothing: float, over: LabelSmoothingOver, num_classes: int) -> float:
    """Give the share of a target to spread evenly over all K classes, as ``cross_entropy(label_smoothing=…)`` does.

    Spread over ``all`` classes, a share ε leaves the right one ``1 - ε + ε / K`` (TensorFlow; reference: section 3.5).
    Spread over the ``wrong`` ones it leaves it ``1 - ε``, and ``ε / (K - 1)`` for each of the others (Bag of Tricks,
    arXiv 1812.01187, equation 4): the same target as ``ε * K / (K - 1)`` over all.

    >>> smoothing_over_all(0.1, "all", 5), smoothing_over_all(0.1, "wrong", 5)
    (0.1, 0.125)

    Raises:
        UserError: a share that makes the right class less likely than the wrong ones, or no wrong classes.
    """
    if over == "all" or not label_smoothing:
        return label_smoothing
    most = 1 - 1 / num_classes
    if label_smoothing > most:
        raise UserError(
            f"label_smoothing={label_smoothing}: spread over the wrong ones of {num_classes} classes it makes the "
            f"right one the unlikeliest; give at most {most:g}, or label_smoothing_over=all"
        )
    return label_smoothing / most

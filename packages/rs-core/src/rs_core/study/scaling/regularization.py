"""How a run of the grid is regularised: the paper's rule where it is known, and our assumptions where it is not."""

from dataclasses import dataclass, replace

from rs_core.recipes import Recipe
from rs_core.study.scaling.grid import Network

# Arxiv 2103.07579, scaling study: 350 epochs are regularised by size; 10 and 100 epochs not at all.
REGULARIZE_FROM_EPOCHS = 350.0

LABEL_SMOOTHING = 0.1
DROPOUT_AT_WIDTH_1, LARGEST_DROPOUT = 0.25, 0.5
DROP_PATH_RATE, DROP_PATH_FROM_DEPTH = 0.1, 200
NUM_LAYERS, MAGNITUDE, LARGE_MAGNITUDE, LARGE_RESOLUTION = 2, 10.0, 15.0, 192

LARGEST_WARMUP_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """What keeps a network from learning its images by heart.

    Args:
        label_smoothing: share of the target spread over all classes.
        dropout: before the classifier.
        drop_path_rate: largest probability that a sample skips a block.
        num_layers: RandAugment's operations on an image.
        magnitude: their strength.
    """

    label_smoothing: float = 0.0
    dropout: float = 0.0
    drop_path_rate: float = 0.0
    num_layers: int = 0
    magnitude: float = MAGNITUDE


def regularization(network: Network, epochs: float, from_epochs: float = REGULARIZE_FROM_EPOCHS) -> Regularization:
    """Give what a network gets in a training of so many epochs; nothing in one shorter than ``from_epochs``.

    >>> regularization(Network(160, 101, 1.0), epochs=100).dropout
    0.0
    >>> regularization(Network(160, 101, 0.5), epochs=350).dropout
    0.125
    """
    if epochs < from_epochs:
        return Regularization()
    return Regularization(
        label_smoothing=LABEL_SMOOTHING,
        dropout=min(LARGEST_DROPOUT, DROPOUT_AT_WIDTH_1 * network.width),
        drop_path_rate=DROP_PATH_RATE if network.depth >= DROP_PATH_FROM_DEPTH else 0.0,
        num_layers=NUM_LAYERS,
        magnitude=LARGE_MAGNITUDE if network.resolution >= LARGE_RESOLUTION else MAGNITUDE,
    )


def warmup_epochs(recipe: Recipe, epochs: float) -> float:
    """Give the recipe's warm-up, but no more than a tenth of the training."""
    return min(recipe.schedule.warmup_epochs, LARGEST_WARMUP_SHARE * epochs)


def regularized(recipe: Recipe, given: Regularization) -> Recipe:
    """Give a recipe with this regularisation instead of its own."""
    return replace(
        recipe,
        label_smoothing=given.label_smoothing,
        model=replace(recipe.model, dropout=given.dropout, drop_path_rate=given.drop_path_rate),
        randaugment=replace(recipe.randaugment, num_layers=given.num_layers, magnitude=given.magnitude),
    )


def assumptions(recipe: Recipe, from_epochs: float) -> list[str]:
    """Say what the paper is known to do, and what is assumed where that is not known, a sentence each."""
    return [
        "Known: the paper trains 10 and 100 epochs without RandAugment, dropout, stochastic depth and label smoothing, "
        "and regularises 350 epochs the more the larger the network; dropout follows the width alone.",
        f"Assumed: runs of {from_epochs:g} epochs and more are regularised, shorter ones not at all.",
        f"Assumed, as the paper's Table 12 is not known: dropout {DROPOUT_AT_WIDTH_1} x width, at most "
        f"{LARGEST_DROPOUT} (the released networks, all of width 1, have 0.25, the two at 320 px 0.4).",
        f"Assumed, from the released networks: RandAugment of {NUM_LAYERS} layers, magnitude {MAGNITUDE:g}, from "
        f"{LARGE_RESOLUTION} px on {LARGE_MAGNITUDE:g}; stochastic depth {DROP_PATH_RATE} from {DROP_PATH_FROM_DEPTH} "
        f"layers on; label smoothing {LABEL_SMOOTHING}.",
        "Assumed, as the paper does not say it for this study: squeeze-and-excitation "
        f"{'with ratio ' + format(recipe.model.se_ratio, 'g') if recipe.model.se_ratio else 'off'}, down-sampling "
        f"{recipe.model.downsampling}, and a stem that {'follows' if recipe.model.scale_stem else 'keeps'} the width.",
        f"Assumed: {recipe.recipe} otherwise; its warm-up takes at most a tenth of a training.",
    ]

"""The settings of fine-tuning: a public protocol by name, and a laptop form.

The paper that the starting points come from does not say how its own transfers were made (arXiv 2103.07579, appendix F
is not at hand), so results by these settings are not comparable with its table 5. They are those of SimCLR (arXiv
2002.05709, B.8), which follows Kornblith et al. 2019 (arXiv 1805.08974): 20,000 steps of 256 images, Nesterov momentum
0.9, random resized crop and flip alone, batch norm of momentum max(1 - 10 / s, 0.9) at s steps an epoch; learning rate
and weight decay from a grid on a split of the training set, then training on all of it. From random weights it is
40,000 steps and another grid. The decay of the learning rate and the size of the split are not stated: cosine to zero
without warm-up, and a tenth of each class.

* ``fine_tuning_grid`` and ``from_random_grid`` are that protocol, with 56 runs before the last one.
* ``fine_tuning`` and ``from_random`` leave the grid out; their learning rate and weight decay are points inside it.
* ``fine_tuning_laptop`` has a small network and small images, and learns from few labels in a quarter of a minute.
"""

from dataclasses import fields, replace

import numpy as np

from rs_core.data.crop import RandomCropConfig
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.randaugment import RandAugmentConfig
from rs_core.errors import UserError, nearest
from rs_core.recipes import LAPTOP_SUFFIX, EmaConfig, OptimizerConfig, Recipe, ScheduleConfig
from rs_core.train.config import DIGITS, RunConfig
from rs_transfer.classify.config import ClassifyConfig, ClassifyDataConfig, GridConfig
from rs_transfer.classify.start import starting_from
from rs_transfer.recipes import get_transfer_recipe

LAPTOP = f"fine_tuning{LAPTOP_SUFFIX}"
NETWORK = "resnet_50_transfer"

# A run is judged at its end, not before.
NEVER = 1e9

FINE_TUNING_GRID = GridConfig(
    learning_rates=tuple(np.logspace(-4, -1, 7).tolist()),
    weight_decays=(0.0, *np.logspace(-6, -3, 7).tolist()),
)
FROM_RANDOM_GRID = GridConfig(
    learning_rates=tuple(np.logspace(-3, 0, 7).tolist()),
    weight_decays=tuple(np.logspace(-5, -1.5, 8).tolist()),
)


def fine_tuning(network: Recipe, **changes: object) -> ClassifyConfig:
    """Build the protocol for the network of a recipe, which is what a start from random weights gets."""
    values = {field.name: getattr(network, field.name) for field in fields(Recipe)} | {
        "recipe": "fine_tuning",
        "model": replace(network.model, dropout=0.0, drop_path_rate=0.0),
        "epochs": 1.0,
        "batch_size": 256,
        "label_smoothing": 0.0,
        "optimizer": OptimizerConfig(learning_rate_per_256=0.01, weight_decay=1e-4),
        "schedule": ScheduleConfig(warmup_epochs=0.0),
        "ema": EmaConfig(decay=0.0),
        "randaugment": RandAugmentConfig(num_layers=0),
        "published_top1": 0.0,
        "steps": 20_000,
        "input": Preprocessing(resolution=network.resolution, crop_rule=network.crop_rule),
        "run": RunConfig(evaluate_every=NEVER),
    }
    return ClassifyConfig(**values | changes)


def public() -> ClassifyConfig:
    """Build the protocol without its grid."""
    return fine_tuning(get_transfer_recipe(NETWORK))


def from_random() -> ClassifyConfig:
    """Build the protocol for random weights without its grid."""
    optimizer = OptimizerConfig(learning_rate_per_256=0.1, weight_decay=1e-3)
    return replace(public(), recipe="from_random", steps=40_000, optimizer=optimizer)


def laptop() -> ClassifyConfig:
    """Build what fine-tunes on the built-in digits, or other small images, in a quarter of a minute on one core."""
    return fine_tuning(
        get_transfer_recipe(NETWORK + LAPTOP_SUFFIX),
        recipe=LAPTOP,
        steps=100,
        batch_size=25,
        optimizer=OptimizerConfig(learning_rate_per_256=1.0, weight_decay=1e-4),
        crop=RandomCropConfig(area=(0.5, 1.0)),
        horizontal_flip=0.0,
        run=RunConfig(log_every=10, evaluate_every=NEVER, checkpoint_every=NEVER),
    )


PROTOCOLS = {
    "fine_tuning": public,
    "fine_tuning_grid": lambda: replace(public(), recipe="fine_tuning_grid", grid=FINE_TUNING_GRID),
    "from_random": from_random,
    "from_random_grid": lambda: replace(from_random(), recipe="from_random_grid", grid=FROM_RANDOM_GRID),
    LAPTOP: laptop,
}


def get_protocol(name: str) -> ClassifyConfig:
    """Give the settings of a name, for random weights.

    >>> get_protocol("fine_tuning_grid").grid.learning_rates[::3]
    (0.0001, 0.0031622776601683794, 0.1)

    Raises:
        UserError: an unknown name.
    """
    if name not in PROTOCOLS:
        known = list(PROTOCOLS)
        raise UserError(f"unknown recipe {name!r}{nearest(name, known)}; choose from {', '.join(known)}")
    return PROTOCOLS[name]()


def classify_config(weights: str, root: str, seed: int, directory: str) -> ClassifyConfig:
    """Give the laptop settings for a starting point.

    Args:
        weights: the starting point, any source of ``load_pretrained``; empty for random weights.
        root: as ``data.root``; empty for the built-in digits 5 to 9, of which 5 of each class have labels.
        seed: of the choice of labelled images, of order, augmentation and new weights.
        directory: of the run.

    Raises:
        UserError: weights that cannot be had, or are not of a network of RGB images.
    """
    config = laptop()
    run = replace(config.run, seed=seed, directory=directory)
    config = replace(config, data=ClassifyDataConfig(root=root or DIGITS), run=run)
    return starting_from(config, weights) if weights else config

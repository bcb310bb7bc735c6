"""The rows of a ladder of images, shrunk to a laptop without losing what tells them apart."""

import math
from dataclasses import replace

from rs_core.recipes import LAPTOP_SUFFIX, ScheduleConfig
from rs_core.study.ladder.config import LaptopForm
from rs_core.train.config import LoopConfig, TrainConfig
from rs_core.train.precision import Precision

RESOLUTION = 48

# Of a training, as in the laptop form of a recipe: to eight times the learning rate, the few steps of the released
# warm-up lead too fast, and the last row learns nothing.
WARMUP_SHARE = 5 / 45

# Judged at the end alone, which is what the table shows.
NEVER = 1e9


def shrink(row: TrainConfig) -> TrainConfig:
    """Give a row that trains on the built-in digits in well under a minute on one core.

    Other than the laptop form of a recipe (``rs_core.recipes.laptop``), it keeps the stem, which rows differ in, and
    the digits are larger instead; and deeper networks stay deeper: one block for every twenty that a stage begins.
    The batch is the square root of the recipe's, so that larger ones stay larger.
    """
    scale = RESOLUTION / row.resolution
    # CPUs emulate float16, at a fifth of the speed; bfloat16 some have.
    precision: Precision = "auto" if row.run.precision == "float16" else row.run.precision
    c2, c3, c4, c5 = (-(-count // 20) for count in row.model.blocks)
    return replace(
        row,
        recipe=row.recipe + LAPTOP_SUFFIX,
        model=replace(row.model, blocks=(c2, c3, c4, c5), width_multiplier=0.25),
        resolution=RESOLUTION,
        batch_size=math.isqrt(row.batch_size),
        optimizer=replace(row.optimizer, learning_rate_per_256=8 * row.optimizer.learning_rate_per_256),
        schedule=longer_warmup(row),
        crop=replace(row.crop, area=(0.5, 1.0)),
        horizontal_flip=0.0,
        randaugment=replace(
            row.randaugment,
            translate_const=row.randaugment.translate_const * scale,
            cutout_const=row.randaugment.cutout_const * scale,
        ),
        run=replace(row.run, evaluate_every=NEVER, precision=precision),
    )


def longer_warmup(row: LoopConfig) -> ScheduleConfig:
    """Give the schedule of a row with the warm-up of a laptop, unless it has none."""
    return replace(row.schedule, warmup_epochs=WARMUP_SHARE * row.epochs if row.schedule.warmup_epochs else 0.0)


LAPTOP = LaptopForm(
    shrink=shrink,
    epochs_divisor=15.0,
    in_words="a quarter of the width, one block for every twenty, 48 px, an epoch for every fifteen, the square root "
    "of the batch, eight times the learning rate after a warm-up of a ninth of the training, crops of at least half of "
    "the image, nothing mirrored, bfloat16 or float32 instead of float16",
)

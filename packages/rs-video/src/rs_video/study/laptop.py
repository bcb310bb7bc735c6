"""The rows of the additive study on video, shrunk to a laptop without losing what tells them apart."""

from dataclasses import replace

from rs_core.study.ladder.config import LaptopForm
from rs_core.study.ladder.laptop import NEVER, longer_warmup
from rs_video.config import VideoTrainConfig
from rs_video.recipes.laptop import laptop

# A crop smaller than this holds no digit; the baseline's crops of 0.49 and more stay.
SMALLEST_CROP = 0.25


def shrink(row: VideoTrainConfig) -> VideoTrainConfig:
    """Give a row that trains on the built-in moving digits in a few minutes on one core.

    It is the laptop form of a recipe with the row's own epochs, which the study shortens, and crops, in which rows
    differ.
    """
    area = max(SMALLEST_CROP, row.crop.area[0]), row.crop.area[1]
    return replace(
        laptop(row),
        epochs=row.epochs,
        schedule=longer_warmup(row),
        crop=replace(row.crop, area=area),
        run=replace(row.run, evaluate_every=NEVER),
    )


LAPTOP = LaptopForm(
    shrink=shrink,
    epochs_divisor=25.0,
    in_words="a quarter of the width, one block a stage, 8 frames of 48 px, 2 views, an epoch for every twenty-five, "
    "batches of 32, four times the learning rate after a warm-up of a ninth of the training, crops of at least a "
    "quarter of the frame, nothing mirrored",
)

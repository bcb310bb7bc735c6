"""What advice is asked about."""

from dataclasses import dataclass

import numpy as np

from rs_core.bench.loader_parts import readable
from rs_core.data.decode import open_image
from rs_core.data.index import SampleIndex
from rs_core.train.classify import is_built_in, open_held_out, open_training
from rs_core.train.config import DataConfig

NUM_LOOKED_AT = 64

# The stem for small images, which keeps their pixels, is for 64 px and less.
LARGEST_SMALL = 64


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What matters of a data set.

    Args:
        data: where it is.
        num_images: to train on.
        num_classes: of these.
        short_side: of a typical image, in pixels.
    """

    data: DataConfig
    num_images: int
    num_classes: int
    short_side: int

    @property
    def is_built_in(self) -> bool:
        """Whether it is the digits."""
        return is_built_in(self.data)

    @property
    def is_small(self) -> bool:
        """Whether its images are so small that the network keeps their pixels at first."""
        return self.short_side <= LARGEST_SMALL

    def __str__(self) -> str:
        return (
            f"{self.num_images:,} training images of {self.num_classes} classes, {self.short_side} px on the short side"
        )


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be trained for how long.

    Args:
        facts: of the data.
        epochs: passes over the training images.
        budget: seconds for training.
        resolution: pixels a side; 0 to leave it to the advice.
    """

    facts: DataFacts
    epochs: float
    budget: float
    resolution: int = 0


def look_at(data: DataConfig) -> DataFacts:
    """Count the training images and look at the size of some; the held-out ones must be there too.

    Raises:
        UserError: data that are not there, or do not fit each other.
    """
    index = open_training(data)
    open_held_out(data, index.class_names)
    return DataFacts(
        data=data,
        num_images=len(index),
        num_classes=len(index.class_names),
        short_side=typical_short_side(index),
    )


def typical_short_side(index: SampleIndex) -> int:
    """Give the median of the short sides of some images, in pixels."""
    rows = np.linspace(0, len(index) - 1, min(NUM_LOOKED_AT, len(index))).astype(np.int64)
    return int(np.median([min(open_image(data, str).size) for data in readable(index, rows)]))

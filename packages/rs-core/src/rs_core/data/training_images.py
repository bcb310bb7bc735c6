"""How the image at a position of training is cropped: by (seed, position), and by nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode_crop import ChooseBox
from rs_core.data.index import SampleIndex
from rs_core.data.replacements import use_readable
from rs_core.data.skips import Skip
from rs_core.errors import UserError

T = TypeVar("T")

UseSample = Callable[[bytes, ChooseBox, Callable[[], str]], T]
"""Takes the bytes of a sample, what draws its crop, and what gives its name for a message."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingImages:
    """Draws crops, and other rows for those that cannot be read.

    Args:
        index: the samples.
        seed: of the order of training.
        crop: how crops are drawn.
    """

    index: SampleIndex
    seed: int
    crop: RandomCropConfig

    def use(
        self,
        position: int,
        row: int,
        encoded: bytes | UserError,
        use: UseSample[T],
        skipped: list[Skip],
        attempt: int = 0,
    ) -> tuple[int, int, T]:
        """Call ``use`` on the sample of a position as ``use_readable`` does; ``encoded`` is that of attempt 0."""

        def use_row(row: int, attempt: int, rng: np.random.Generator) -> T:
            content = self.index.read_rows(np.array([row]))[0] if attempt else encoded
            choose_box = partial(random_crop_box, config=self.crop, rng=rng)
            return use(or_raise(content), choose_box, partial(self.index.name, row))

        return use_readable(
            seed=self.seed,
            position=position,
            row=row,
            num_rows=len(self.index),
            use=use_row,
            skipped=skipped,
            attempt=attempt,
        )


def or_raise(encoded: bytes | UserError) -> bytes:
    """Give the bytes of a sample, or raise why there are none."""
    if isinstance(encoded, UserError):
        raise encoded
    return encoded

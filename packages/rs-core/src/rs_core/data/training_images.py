"""Which sample stands at a position of training, and how it is cropped: by (seed, position), and by nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode_crop import ChooseBox
from rs_core.data.index import SampleIndex
from rs_core.data.skips import Skip, UnreadableSample
from rs_core.errors import UserError

# Rows tried at a position before the run stops. With one row in ten unreadable, it stops once in 10**10.
NUM_ATTEMPTS = 10

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
        """Call ``use`` on the sample of a position or, as long as that is unreadable, on others drawn for it.

        A row of a later attempt follows from (seed, position, attempt), and so do crops. ``row`` and ``encoded`` are of
        attempt 0 and not looked at when it starts with another. What was left out is appended to ``skipped``.

        Returns the row, the attempt it was drawn in, and what ``use`` returned.

        Raises:
            UserError: ``NUM_ATTEMPTS`` rows are unreadable; or at once any other error of the index.
        """
        while True:
            rng = self._generator(position, attempt)
            if attempt:
                row = int(rng.integers(len(self.index)))
                (encoded,) = self.index.read_rows(np.array([row]))
            choose_box = partial(random_crop_box, config=self.crop, rng=rng)
            try:
                return row, attempt, use(or_raise(encoded), choose_box, partial(self.index.name, row))
            except UnreadableSample as error:
                skipped.append(Skip(file=error.name, row=row, position=position, reason=error.reason))
                attempt += 1
                if attempt == NUM_ATTEMPTS:
                    raise UserError(
                        f"{NUM_ATTEMPTS} samples drawn for one place of a batch cannot be read, the last: {error}"
                    ) from error

    def _generator(self, position: int, attempt: int) -> np.random.Generator:
        # Philox takes a key and needs no warming up: one generator per position costs microseconds. Attempts are 2**192
        # numbers apart in its sequence.
        key = np.array([self.seed % 2**64, position], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, attempt]))


def or_raise(encoded: bytes | UserError) -> bytes:
    """Give the bytes of a sample, or raise why there are none."""
    if isinstance(encoded, UserError):
        raise encoded
    return encoded

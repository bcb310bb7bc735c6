"""Which sample stands at a position of training: its own or, as long as that is unreadable, another drawn for it."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from rs_core.data.skips import Skip, UnreadableSample
from rs_core.errors import UserError

# Rows tried at a position before the run stops. With one row in ten unreadable, it stops once in 10**10.
NUM_ATTEMPTS = 10

T = TypeVar("T")

UseRow = Callable[[int, int, np.random.Generator], T]
"""Takes a row, the attempt it was drawn in, and the random numbers of its augmentation."""


def use_readable(
    *, seed: int, position: int, row: int, num_rows: int, use: UseRow[T], skipped: list[Skip], attempt: int = 0
) -> tuple[int, int, T]:
    """Call ``use`` on the row of a position or, as long as that raises ``UnreadableSample``, on others drawn for it.

    A row of a later attempt follows from (seed, position, attempt), and so do the random numbers that ``use`` gets;
    ``row`` is of attempt 0 and not looked at when it starts with another. What was left out is appended to ``skipped``.

    Returns the row, the attempt it was drawn in, and what ``use`` returned.

    Raises:
        UserError: ``NUM_ATTEMPTS`` rows are unreadable; or at once any other that ``use`` raises.
    """
    while True:
        rng = _generator(seed, position, attempt)
        if attempt:
            row = int(rng.integers(num_rows))
        try:
            return row, attempt, use(row, attempt, rng)
        except UnreadableSample as error:
            skipped.append(Skip(file=error.name, row=row, position=position, reason=error.reason))
            attempt += 1
            if attempt == NUM_ATTEMPTS:
                raise UserError(
                    f"{NUM_ATTEMPTS} samples drawn for one place of a batch cannot be read, the last: {error}"
                ) from error


def _generator(seed: int, position: int, attempt: int) -> np.random.Generator:
    # Philox takes a key and needs no warming up: one generator per position costs microseconds. Attempts are 2**192
    # numbers apart in its sequence.
    key = np.array([seed % 2**64, position], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, attempt]))

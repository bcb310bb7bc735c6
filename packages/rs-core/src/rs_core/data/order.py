"""The order of training: an endless shuffled stream in which every position is computed, not stored.

Position p lies in epoch p // num_rows, at place p % num_rows of a permutation that is a function of
(seed, epoch) alone. So a run resumes anywhere at once, any worker can find the row of any position, and a
hundred million rows need no list in memory.

The permutation is a Feistel network on a rectangle (Black and Rogaway, "Ciphers with arbitrary finite
domains", CT-RSA 2002): a place is written as two digits in mixed radix, and in turn each digit is shifted by
a keyed hash of the other, which can be undone and is therefore one-to-one. The rectangle is a little larger
than the number of rows; a result outside is permuted again until it falls inside ("cycle walking"), which
keeps the map one-to-one.
"""

import math

import numpy as np
from numpy.typing import NDArray

MAX_ROWS = 2**40

# A round moves little on a small rectangle: with 12, some orders of five rows still come out too often.
# Large sets would need fewer.
NUM_ROUNDS = 24

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def rows_at(positions: NDArray[np.int64], num_rows: int, seed: int) -> NDArray[np.int64]:
    """Return the rows at ``positions`` (non-negative, any shape) of the endless stream.

    ``num_rows`` is at most 2**40. The seed counts modulo 2**64.

    >>> sorted(rows_at(np.arange(5), num_rows=5, seed=0).tolist())
    [0, 1, 2, 3, 4]
    """
    if not 1 <= num_rows <= MAX_ROWS:
        raise ValueError(f"num_rows must be in 1 .. 2**40, not {num_rows}")
    epochs, places = np.divmod(positions.ravel().astype(np.uint64), np.uint64(num_rows))
    keys = _hash(_hash(np.full(1, seed % 2**64, np.uint64)) + epochs)

    rows = _permute(places, keys, num_rows)
    outside = np.flatnonzero(rows >= num_rows)
    while len(outside):
        rows[outside] = _permute(rows[outside], keys[outside], num_rows)
        outside = outside[rows[outside] >= num_rows]
    return rows.astype(np.int64).reshape(positions.shape)


def _permute(places: NDArray[np.uint64], keys: NDArray[np.uint64], num_rows: int) -> NDArray[np.uint64]:
    """Permute the rectangle of at least ``num_rows`` places, each under its own key."""
    # An even number of columns: shifts of odd cycles alone would give even permutations only.
    num_columns = (math.isqrt(num_rows - 1) + 2) // 2 * 2
    base = np.uint64(num_columns)
    other_base = np.uint64(-(-num_rows // num_columns))
    digit, other = places % base, places // base
    for _ in range(NUM_ROUNDS):
        keys = keys + _GOLDEN
        # The shift's modulo bias is below 2**-43: a digit has at most 20 bits, the hash has 64.
        digit = (digit + _hash(keys ^ _hash(other)) % base) % base
        digit, other, base, other_base = other, digit, other_base, base
    return other * base + digit


def _hash(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the splitmix64 hash (Steele, Lea and Flood, OOPSLA 2014) of each value; it is one-to-one."""
    z = values + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

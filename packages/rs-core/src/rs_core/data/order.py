"""The order of training: an endless shuffled stream in which every position is computed, not stored.

Position p lies in epoch p // num_rows, at place p % num_rows of a permutation that is a function of
(seed, epoch) alone. So a run resumes anywhere at once, any worker can find the row of any position, and a
hundred million rows need no list in memory.

The permutation is a Feistel network on a rectangle (Black and Rogaway, "Ciphers with arbitrary finite
domains", CT-RSA 2002): a place is written as two digits in mixed radix, and in turn each digit is shifted by
a keyed hash of the other, which can be undone and is therefore one-to-one. The rectangle is a little larger
than the number of rows; a result outside is permuted again until it falls inside ("cycle walking"), which
keeps the map one-to-one.

Where random reads are slow, rows come in runs: neighbours in the data set that stay neighbours in the stream, so that
one read brings a whole run. Then the runs are permuted, and where they begin shifts from epoch to epoch.

Processes and workers share the stream by position: each batch of the optimiser is cut into equal parts, and which
process takes which part has no effect on what is in it (:class:`Parts`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError

MAX_ROWS = 2**40

# A round moves little on a small rectangle: with 12, some orders of five rows still come out too often.
# Large sets would need fewer.
NUM_ROUNDS = 24

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which row stands at each position of the endless stream.

    Args:
        num_rows: of the data set, at most 2**40.
        seed: counts modulo 2**64.
        run_length: rows that stay together; 1 shuffles every row on its own.

    >>> order = Order(num_rows=5, seed=0)
    >>> sorted(order.rows_at(np.arange(5)).tolist())
    [0, 1, 2, 3, 4]
    """

    num_rows: int
    seed: int
    run_length: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.num_rows <= MAX_ROWS:
            raise UserError(f"a data set of {self.num_rows} rows: an order takes 1 to 2**40")
        if not 1 <= self.run_length <= self.num_rows:
            raise UserError(f"run_length={self.run_length}: give 1 to the {self.num_rows} rows of the data set")

    def rows_at(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows at ``positions``, non-negative and of any shape."""
        epochs, places = np.divmod(positions.ravel().astype(np.uint64), np.uint64(self.num_rows))
        keys = _hash(_hash(np.full(1, self.seed % 2**64, np.uint64)) + epochs)
        rows = _walk(places, keys, self.num_rows, self._permute_runs if self.run_length > 1 else self._permute_rows)
        if self.run_length > 1:
            rows = (rows + _hash(~keys) % np.uint64(self.num_rows)) % np.uint64(self.num_rows)
        return rows.astype(np.int64).reshape(positions.shape)

    def _permute_rows(self, places: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return _permute(places, keys, self.num_rows)

    def _permute_runs(self, places: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        # The last run may be shorter. It is filled up with rows that do not exist, which are then walked over.
        num_runs = -(-self.num_rows // self.run_length)
        runs, inside = np.divmod(places, np.uint64(self.run_length))
        runs = _walk(runs, keys, num_runs, lambda places, keys: _permute(places, keys, num_runs))
        return runs * np.uint64(self.run_length) + inside


@dataclass(frozen=True, kw_only=True)
class Parts(Sequence[range]):
    """The positions that one process takes of each batch, a forward pass at a time.

    A batch of the optimiser is the next ``batch_size`` positions of the stream, on any number of processes. It is cut
    into ``num_parts`` equal parts; process ``rank`` of ``num_ranks`` takes ``num_parts / num_ranks`` neighbouring ones.
    So when the number of processes changes, the batches stay the same, and their parts too if ``num_parts`` does.

    Args:
        first_position: where the first batch starts.
        num_batches: how many follow each other.
        batch_size: of the optimiser.
        num_parts: of a batch, over all processes.
        rank: of this process, from 0.
        num_ranks: how many processes there are.

    >>> list(Parts(first_position=0, num_batches=2, batch_size=8, num_parts=4, rank=1, num_ranks=2))
    [range(4, 6), range(6, 8), range(12, 14), range(14, 16)]
    """

    first_position: int
    num_batches: int
    batch_size: int
    num_parts: int = 1
    rank: int = 0
    num_ranks: int = 1

    def __post_init__(self) -> None:
        if self.batch_size % self.num_parts or self.num_parts % self.num_ranks:
            raise UserError(
                f"a batch of {self.batch_size} in {self.num_parts} parts on {self.num_ranks} processes: "
                "the parts must divide the batch, and the processes the parts"
            )

    @property
    def parts_per_rank(self) -> int:
        """Forward passes of this process for one batch."""
        return self.num_parts // self.num_ranks

    def __len__(self) -> int:
        return self.num_batches * self.parts_per_rank

    @overload
    def __getitem__(self, index: int) -> range: ...
    @overload
    def __getitem__(self, index: slice) -> list[range]: ...
    def __getitem__(self, index: int | slice) -> range | list[range]:
        """Return the positions of the index-th forward pass."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        batch, part = divmod(range(len(self))[index], self.parts_per_rank)
        size = self.batch_size // self.num_parts
        start = self.first_position + batch * self.batch_size + (self.rank * self.parts_per_rank + part) * size
        return range(start, start + size)


@dataclass(frozen=True)
class WidenedParts(Sequence[range]):
    """Parts of a stream in which every position of another one, whose ``parts`` are given, has become ``factor``.

    Position p stands for ``factor`` neighbours from ``factor * p`` on. So both streams resume at any step together, on
    any number of processes.

    >>> list(WidenedParts([range(0, 2), range(4, 6)], factor=3))
    [range(0, 6), range(12, 18)]
    """

    parts: Sequence[range]
    factor: int

    def __len__(self) -> int:
        return len(self.parts)

    @overload
    def __getitem__(self, index: int) -> range: ...
    @overload
    def __getitem__(self, index: slice) -> list[range]: ...
    def __getitem__(self, index: int | slice) -> range | list[range]:
        """Return the positions that go with the index-th part."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        part = self.parts[index]
        return range(part.start * self.factor, part.stop * self.factor)


def _walk(
    places: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    num_places: int,
    permute: Callable[[NDArray[np.uint64], NDArray[np.uint64]], NDArray[np.uint64]],
) -> NDArray[np.uint64]:
    """Permute ``num_places`` places by a permutation of more: what falls outside is permuted again."""
    result = permute(places, keys)
    outside = np.flatnonzero(result >= num_places)
    while len(outside):
        result[outside] = permute(result[outside], keys[outside])
        outside = outside[result[outside] >= num_places]
    return result


def _permute(places: NDArray[np.uint64], keys: NDArray[np.uint64], num_places: int) -> NDArray[np.uint64]:
    """Permute the rectangle of at least ``num_places`` places, each under its own key."""
    # An even number of columns: shifts of odd cycles alone would give even permutations only.
    num_columns = (math.isqrt(num_places - 1) + 2) // 2 * 2
    base = np.uint64(num_columns)
    other_base = np.uint64(-(-num_places // num_columns))
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

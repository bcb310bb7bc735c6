"""Two views of each image, beside each other in the stream of training."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rs_core.data.loader import Batch
from rs_core.data.order import Order

VIEWS = 2


@dataclass(frozen=True, kw_only=True)
class PairOrder(Order):
    """An order in which every row comes twice in a row: positions 2k and 2k + 1 are the two views of one image.

    >>> order = PairOrder(num_rows=5, seed=0)
    >>> sorted(order.rows_at(np.arange(10)).tolist())
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    """

    def rows_at(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows at ``positions``, non-negative and of any shape."""
        return super().rows_at(positions // VIEWS)


def whole_pairs(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield batches in which neighbours are views of one image, whatever could not be read.

    For each view of an unreadable sample another row stands in, drawn for its position: two views of two images. There
    the crop of the first stands for both, and becomes two views by what follows on the device. The ledger of a run
    speaks of positions of images.
    """
    for batch in batches:
        firsts, seconds = batch.rows[::VIEWS], batch.rows[1::VIEWS]
        torn = (firsts != seconds).nonzero()[:, 0].tolist()
        for pair in torn:
            for tensor in (batch.images, batch.labels, batch.rows):
                tensor[VIEWS * pair + 1] = tensor[VIEWS * pair]
        skipped = tuple(replace(skip, position=skip.position // VIEWS) for skip in batch.skipped)
        yield batch._replace(skipped=skipped)

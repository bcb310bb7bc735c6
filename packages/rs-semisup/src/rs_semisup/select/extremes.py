"""The most and the least certain images of a selection."""

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index import SampleIndex
from rs_semisup.select.copies import uniform

PIECE_ROWS = 2**20


def most_certain(index: SampleIndex, number: int, seed: int) -> NDArray[np.int64]:
    """Give the rows of the most certain images, one of each image, the most certain first.

    Of equally certain ones, of which a good teacher has many, those that the seed draws: neighbours look alike.
    """
    return _first(index, number, seed, descending=True)


def least_certain(index: SampleIndex, number: int, seed: int) -> NDArray[np.int64]:
    """Give the rows of the least certain images, one of each image, the least certain first."""
    return _first(index, number, seed, descending=False)


def _first(index: SampleIndex, number: int, seed: int, *, descending: bool) -> NDArray[np.int64]:
    best, best_keys = np.empty(0, np.int64), np.empty(0, np.uint64)
    for start in range(0, len(index), PIECE_ROWS):
        images = np.asarray(index.columns["source_row"][start : start + PIECE_ROWS])
        first = np.flatnonzero(np.diff(images, prepend=-1))  # copies stand next to each other
        keys = _keys(np.asarray(index.columns["confidence"][start : start + PIECE_ROWS])[first], images[first], seed)
        keys = ~keys if descending else keys
        if len(keys) > number:
            least = np.argpartition(keys, number)[:number]
            first, keys = first[least], keys[least]
        rows, keys = np.concatenate([best, start + first]), np.concatenate([best_keys, keys])
        # An image whose copies go on in the next piece has the same key again.
        keys, places = np.unique(keys, return_index=True)
        best, best_keys = rows[places][:number], keys[:number]
    return best


def _keys(confidences: NDArray[np.float32], images: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Give numbers that sort by confidence, and the same confidence at random: the bits of a positive float sort so."""
    drawn = (uniform(images, seed) * 2.0**32).astype(np.uint64)
    return (confidences.view(np.uint32).astype(np.uint64) << np.uint64(32)) | drawn

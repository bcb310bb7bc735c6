"""How many rows each chosen image gets, so that all classes have about as many."""

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def copies_wanted(num_images: NDArray[np.int64], per_class: int, max_copies: int) -> NDArray[np.float64]:
    """Give the copies of each image of the classes that bring them to ``per_class``, float64 of shape [classes].

    >>> copies_wanted(np.array([10, 4, 1]), per_class=10, max_copies=5).tolist()
    [1.0, 2.5, 5.0]
    """
    wanted = per_class / np.clip(num_images, 1, per_class)
    return np.minimum(wanted, max_copies) if max_copies else wanted


def round_at_random(values: NDArray[np.float64], rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Round each value up with the probability of its fraction, else down: the mean stays as it is.

    ``values`` and ``rows`` are of shape [n]; how a row is rounded follows from it and the seed alone.
    """
    whole = np.floor(values)
    return (whole + (uniform(rows, seed) < values - whole)).astype(np.int64)


def uniform(rows: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Give each row a number, evenly spread over [0, 1), that follows from it and the seed."""
    key = _hash(np.array([seed % 2**64], np.uint64))
    return (_hash(rows.astype(np.uint64) + key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _hash(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the splitmix64 hash (Steele, Lea and Flood, OOPSLA 2014) of each value."""
    z = values + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

"""Rows that lie close together in a file, joined into one read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Run(NamedTuple):
    """The bytes ``start .. stop`` of a file, and the places of the rows that lie in them."""

    file: int
    start: int
    stop: int
    places: list[int]


def join_runs(
    files: NDArray[np.integer], starts: NDArray[np.int64], stops: NDArray[np.int64], *, gap: int, longest: int
) -> list[Run]:
    """Join byte ranges of shape [N] into runs, by file and place.

    Ranges of one file are joined when at most ``gap`` bytes lie between them and the run stays within ``longest``.

    >>> starts, stops = np.array([900, 0, 100]), np.array([950, 90, 150])
    >>> [(run.start, run.stop, run.places) for run in join_runs(np.zeros(3, int), starts, stops, gap=10, longest=1000)]
    [(0, 150, [1, 2]), (900, 950, [0])]
    """
    runs: list[Run] = []
    for place in np.lexsort((starts, files)).tolist():
        file, start, stop = int(files[place]), int(starts[place]), int(stops[place])
        last = runs[-1] if runs else None
        if last and last.file == file and start - last.stop <= gap and max(stop, last.stop) - last.start <= longest:
            last.places.append(place)
            runs[-1] = last._replace(stop=max(stop, last.stop))
        else:
            runs.append(Run(file, start, stop, [place]))
    return runs

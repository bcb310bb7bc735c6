"""Two streams of images that move together: for each labelled image, so many pseudo-labelled ones."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from rs_core.data.loader import Batch
from rs_core.data.skips import Skip


class JointBatch(NamedTuple):
    """Images of one step: labelled ones and ``ratio`` times as many pseudo-labelled ones."""

    labelled: Batch
    pseudo: Batch
    skipped: tuple[Skip, ...]


def join(labelled: Iterator[Batch], pseudo: Iterator[Batch], ratio: int) -> Iterator[JointBatch]:
    """Yield one batch of each, together."""
    for own, other in zip(labelled, pseudo, strict=True):
        # The ledger of a run speaks of positions of the labelled stream.
        skips = tuple(replace(skip, position=skip.position // ratio) for skip in other.skipped)
        yield JointBatch(own, other, own.skipped + skips)


def split_workers(num_workers: int, ratio: int) -> tuple[int, int]:
    """Share decoding processes between the streams by their number of images, at least one each unless there are none.

    >>> split_workers(8, ratio=3), split_workers(1, ratio=3), split_workers(0, ratio=3)
    ((2, 6), (1, 1), (0, 0))
    """
    if not num_workers:
        return 0, 0
    labelled = max(1, round(num_workers / (1 + ratio)))
    return labelled, max(1, num_workers - labelled)

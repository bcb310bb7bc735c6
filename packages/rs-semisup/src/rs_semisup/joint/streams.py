"""Two streams of images that move together: for each labelled image, so many pseudo-labelled ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, overload

from rs_core.data.loader import Batch
from rs_core.data.skips import Skip


class JointBatch(NamedTuple):
    """Images of one step: labelled ones and ``ratio`` times as many pseudo-labelled ones."""

    labelled: Batch
    pseudo: Batch
    skipped: tuple[Skip, ...]


@dataclass(frozen=True)
class PseudoParts(Sequence[range]):
    """The positions of the pseudo-labelled stream that belong to parts of the labelled one.

    Position p of the labelled stream takes ``ratio`` neighbouring positions of the other, from ``ratio * p`` on. So
    both resume at any step, on any number of processes.

    >>> list(PseudoParts([range(0, 2), range(4, 6)], ratio=3))
    [range(0, 6), range(12, 18)]
    """

    parts: Sequence[range]
    ratio: int

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
        return range(part.start * self.ratio, part.stop * self.ratio)


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

"""Some rows of an index, without a copy of their images, and how such rows are drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index import SampleIndex, Source
from rs_core.errors import UserError

Rows = NDArray[np.int64]

LABELLED, SPLIT = 0, 1  # independent streams of random numbers


@dataclass(frozen=True, eq=False)
class SomeRows(Source):
    """The samples of another source at these rows, numbered from 0."""

    source: Source
    rows: Rows

    def read(self, row: int) -> bytes:
        """Return the encoded image."""
        return self.source.read(int(self.rows[row]))

    def name(self, row: int) -> str:
        """Return what the other source calls the sample."""
        return self.source.name(int(self.rows[row]))

    def read_rows(self, rows: Rows) -> list[bytes | UserError]:
        """Return the encoded images, or why they cannot be read."""
        return self.source.read_rows(self.rows[rows])


def some_rows(index: SampleIndex, rows: Rows) -> SampleIndex:
    """Return an index of these rows of another one, in the order given."""
    return SampleIndex(source=SomeRows(index.source, rows), labels=index.labels[rows], class_names=index.class_names)


def draw_labelled(index: SampleIndex, per_class: int, seed: int) -> Rows:
    """Draw so many rows of each class, and give them in ascending order.

    Raises:
        UserError: a class has fewer.
    """
    rng = np.random.default_rng([seed, LABELLED])
    drawn = []
    for label, name in enumerate(index.class_names):
        rows = np.flatnonzero(index.labels == label)
        if len(rows) < per_class:
            raise UserError(
                f"data.labels_per_class={per_class}: class {name!r} has {len(rows)} training images; give at most that"
            )
        drawn.append(rng.choice(rows, per_class, replace=False))
    return np.sort(np.concatenate(drawn))


def draw_split(index: SampleIndex, share: float, seed: int) -> tuple[Rows, Rows]:
    """Cut the rows in two: those to learn from and those to judge by, each in ascending order.

    Of each class the share is judged by, rounded, but at least one image, and at least one is learned from; a class
    of one image is only learned from. Which images they are follows from the seed.

    Raises:
        UserError: no class has two images.
    """
    rng = np.random.default_rng([seed, SPLIT])
    judged: list[Rows] = []
    for label in range(len(index.class_names)):
        rows = rng.permutation(np.flatnonzero(index.labels == label))
        if len(rows) > 1:
            judged.append(rows[: min(max(round(share * len(rows)), 1), len(rows) - 1)])
    if not judged:
        raise UserError("no class has two training images, so none can be held out of training; give more images")
    held_out = np.sort(np.concatenate(judged))
    return np.setdiff1d(np.arange(len(index)), held_out), held_out

"""The built-in digits, cut in two: 0 to 4 to start from, 5 to 9 to transfer to. No image is in both halves."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rs_core.data.digits import index_digits
from rs_core.data.index import Blobs, ByteColumn, SampleIndex

SOURCE = tuple(range(5))
TARGET = tuple(range(5, 10))

Split = Literal["train", "val"]


def index_some_digits(split: Split, digits: tuple[int, ...]) -> SampleIndex:
    """Return the built-in images of some digits; labels count from 0 in the order of ``digits``.

    >>> index_some_digits("val", TARGET).class_names
    ('5', '6', '7', '8', '9')
    """
    everything = index_digits(split)
    rows = np.flatnonzero(np.isin(everything.labels, digits))
    some = take_rows(everything, rows)
    labels = np.searchsorted(np.array(digits), some.labels)
    return SampleIndex(source=some.source, labels=labels, class_names=tuple(str(digit) for digit in digits))


def take_rows(index: SampleIndex, rows: NDArray[np.int64]) -> SampleIndex:
    """Return an index in memory of some rows of another one, in the order given."""
    return SampleIndex(
        source=Blobs(
            images=ByteColumn.pack(index.read(row) for row in rows.tolist()),
            names=ByteColumn.pack(index.name(row).encode() for row in rows.tolist()),
        ),
        labels=index.labels[rows],
        class_names=index.class_names,
    )

"""Choosing the most certain images of each class, and how many rows each of them gets.

A window over all rows would sort them all. From the counts follows in which bin of confidence a full class ends, so
whole bins above it are taken as they are and the rows of that bin alone are sorted.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rs_semisup.select.config import SelectConfig
from rs_semisup.select.copies import copies_wanted, round_at_random
from rs_semisup.select.counts import BIN, Counts
from rs_semisup.select.engine import Engine

BATCH_ROWS = 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """What is chosen.

    Args:
        copies: how often each row of the index is in the selection, [rows], of the smallest type that holds it.
        per_class: rows of the selection, int64 [classes].
    """

    copies: NDArray[np.unsignedinteger]
    per_class: NDArray[np.int64]


def choose(engine: Engine, counts: Counts, config: SelectConfig) -> Choice:
    """Choose among the candidates that were counted.

    Of a class, the ``per_class`` most certain candidates are chosen; of equally certain ones those of the first rows.
    """
    num_candidates = counts.candidates.sum(axis=1)
    wanted = np.ones(len(num_candidates))
    if config.duplicate:
        wanted = copies_wanted(num_candidates, config.per_class, config.max_copies)
    copies = np.zeros(counts.num_rows, np.min_scalar_type(int(np.ceil(wanted[num_candidates > 0].max()))))
    per_class = np.zeros(len(num_candidates), np.int64)
    bins, room = last_bins(counts.candidates, config.per_class)
    engine.register("ends", pa.table({"class": np.arange(len(bins), dtype=np.int32), "last_bin": bins, "room": room}))
    chosen = engine.sql(
        f"""
        WITH candidates AS (
            SELECT row, class, confidence, {BIN} AS bin
            FROM predictions ANTI JOIN removed USING (row)
            -- A file with other rows than its own is refused when it is read for writing.
            WHERE confidence >= {config.threshold!r}::FLOAT AND row BETWEEN 0 AND {counts.num_rows - 1}
        )
        SELECT row, class FROM candidates JOIN ends USING (class) WHERE bin > last_bin
        UNION ALL
        SELECT row, class FROM (
            SELECT row, class, room, row_number() OVER (PARTITION BY class ORDER BY confidence DESC, row) AS rank
            FROM candidates JOIN ends USING (class) WHERE bin = last_bin
        ) WHERE rank <= room
        """
    ).to_arrow_reader(BATCH_ROWS)
    for batch in chosen:
        rows, classes = (batch.column(name).to_numpy() for name in ("row", "class"))
        of_rows = round_at_random(wanted[classes], rows, config.seed)
        copies[rows] = of_rows
        np.add.at(per_class, classes, of_rows)
    return Choice(copies=copies, per_class=per_class)


def last_bins(counts: NDArray[np.int64], most: int) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Give the bin in which each class is full when taken from the last bin down, and how many of it still fit.

    ``counts`` are of shape [classes, bins]. A class that never is full has -1 and nothing.

    >>> last_bins(np.array([[9, 5, 2], [0, 1, 2]]), 4)
    (array([ 1, -1], dtype=int16), array([2, 0]))
    """
    from_above = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    bins = np.count_nonzero(from_above > most, axis=1) - 1
    taken = np.take_along_axis(from_above - counts, np.maximum(bins, 0)[:, None], axis=1)[:, 0]
    return bins.astype(np.int16), np.where(bins < 0, 0, most - taken)

"""One pass over all predictions that counts them: by class, confidence, and why a row is left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError
from rs_semisup.predictions.store import Predictions
from rs_semisup.select.duplicates import REASONS
from rs_semisup.select.engine import Engine

# Bins of confidence, from which follows in which one a full class ends. A hundredth is a whole number of them.
NUM_BINS = 1000
BIN = f"floor(confidence::DOUBLE * {NUM_BINS})::SMALLINT"


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """How many rows there are.

    Args:
        num_rows: of the index.
        num_unreadable: of them, which have no prediction.
        num_below: whose confidence is below the threshold.
        num_removed: that are images of other sets, by reason; none of them is below the threshold.
        predicted: all with a prediction, int64 [classes, bins]: the last bin holds those of confidence 1.
        candidates: those that may be chosen, of the same shape.
    """

    num_rows: int
    num_unreadable: int
    num_below: int
    num_removed: dict[str, int]
    predicted: NDArray[np.int64]
    candidates: NDArray[np.int64]


def count(engine: Engine, predictions: Predictions, threshold: float) -> Counts:
    """Count the rows; ``engine`` knows the predictions, and which rows are removed.

    Raises:
        UserError: a row with a confidence or class that cannot be, naming it.
    """
    num_classes = len(predictions.manifest.class_names)
    found = engine.execute(
        f"""
        SELECT class, CASE WHEN confidence BETWEEN 0 AND 1 THEN {BIN} ELSE -1 END AS bin,
               confidence >= ?::FLOAT AS certain, coalesce(reason, -1) AS reason, count(*) AS num
        FROM predictions LEFT JOIN removed USING (row)
        WHERE unreadable IS NULL GROUP BY ALL
        """,
        [threshold],
    ).fetchnumpy()
    classes, bins, num = (np.ma.filled(found[name], -1).astype(np.int64) for name in ("class", "bin", "num"))
    if np.any((bins < 0) | (classes < 0) | (classes >= num_classes)):
        raise _impossible(engine, predictions)
    certain, reasons = found["certain"].astype(np.bool_), found["reason"]
    kept = certain & (reasons < 0)
    return Counts(
        num_rows=predictions.manifest.num_rows,
        num_unreadable=predictions.manifest.num_rows - int(num.sum()),
        num_below=int(num[~certain].sum()),
        num_removed={name: int(num[reasons == reason].sum()) for reason, name in enumerate(REASONS)},
        predicted=_table(num_classes, classes, bins, num),
        candidates=_table(num_classes, classes[kept], bins[kept], num[kept]),
    )


def _table(
    num_classes: int, classes: NDArray[np.int64], bins: NDArray[np.int64], num: NDArray[np.int64]
) -> NDArray[np.int64]:
    table = np.zeros((num_classes, NUM_BINS + 1), np.int64)
    np.add.at(table, (classes, bins), num)
    return table


def _impossible(engine: Engine, predictions: Predictions) -> UserError:
    num_classes = len(predictions.manifest.class_names)
    row, confidence, number = engine.execute(
        """
        SELECT row, confidence, class FROM predictions
        WHERE unreadable IS NULL AND NOT coalesce(confidence BETWEEN 0 AND 1 AND class BETWEEN 0 AND ?, false)
        ORDER BY row LIMIT 1
        """,
        [num_classes - 1],
    ).fetchall()[0]
    return UserError(
        f"{predictions.directory}: row {row:,} has confidence {confidence} of class {number}, which cannot be with "
        f"{num_classes:,} classes; remove its file and run rs-semisup label again"
    )

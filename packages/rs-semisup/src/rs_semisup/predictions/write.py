"""Writing the file of a range: whole or absent, and of the same bytes whoever writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rs_core.atomic import write_atomically
from rs_semisup.predictions.layout import Manifest
from rs_semisup.predictions.store import Predictions


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledRows:
    """What was found of the rows of a range, in their order. Of rows in ``unreadable`` all numbers are left out.

    Args:
        classes: the likeliest, likeliest first, int32 [n, top_k].
        probabilities: of these, float16 [n, top_k].
        confidence: probability of the likeliest, float32 [n].
        entropy: of all classes, in nats, float32 [n].
        content_hashes: of the encoded bytes, uint64 [n].
        has_bytes: whether there were any, bool [n].
        perceptual_hashes: of the images, uint64 [n]; left out unless the manifest says that there are some.
        unreadable: by row, why there is no image.
    """

    classes: NDArray[np.int32]
    probabilities: NDArray[np.float16]
    confidence: NDArray[np.float32]
    entropy: NDArray[np.float32]
    content_hashes: NDArray[np.uint64]
    has_bytes: NDArray[np.bool_]
    perceptual_hashes: NDArray[np.uint64]
    unreadable: Mapping[int, str]


def write_range(predictions: Predictions, number: int, labelled: LabelledRows) -> None:
    """Write the file of a range.

    Raises:
        UserError: the disk is full or not writable; there is no file then.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(
        table_of(labelled, predictions.manifest, predictions.manifest.rows_of(number)),
        sink,
        compression="zstd",
        use_dictionary=False,
        column_encoding={"row": "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
    )
    content = sink.getvalue()
    write_atomically(predictions.path(number), lambda file: file.write(content))


def table_of(labelled: LabelledRows, manifest: Manifest, rows: range) -> pa.Table:
    """Give the columns of a file, in the order of the manifest's schema."""
    reasons = [labelled.unreadable.get(row) for row in rows]
    is_null = np.array([reason is not None for reason in reasons])

    def numbers(values: NDArray[Any]) -> pa.Array:
        return pa.array(values, mask=is_null)

    def lists(values: NDArray[Any]) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), manifest.top_k, mask=pa.array(is_null))

    columns = {
        "row": pa.array(np.array(rows, np.int64)),
        "class": numbers(labelled.classes[:, 0]),
        "confidence": numbers(labelled.confidence),
        "entropy": numbers(labelled.entropy),
        "classes": lists(labelled.classes),
        "probabilities": lists(labelled.probabilities),
        "content_hash": pa.array(labelled.content_hashes, mask=~labelled.has_bytes),
        "perceptual_hash": numbers(labelled.perceptual_hashes),
        "unreadable": pa.array(reasons, pa.string()),
    }
    return pa.table([columns[name] for name in manifest.schema.names], schema=manifest.schema)

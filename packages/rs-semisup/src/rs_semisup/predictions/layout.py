"""The form of predictions on disk.

::

    PREDICTIONS/
      manifest.json                            what was asked of whom, about which index
      rows-000000000000-000000065536.parquet   one file a range of rows, whole or absent
      rows-000000065536-000000131072.parquet
      claims                                   who is at work on which range: locks, no content

A file holds the rows of its range in order, each once:

==================  ======================  ==========================================================================
column              type                    what
==================  ======================  ==========================================================================
``row``             int64                   of the index
``class``           int32                   the likeliest class
``confidence``      float32                 its probability
``entropy``         float32                 of all classes, in nats
``classes``         int32 [top_k]           the likeliest classes, likeliest first
``probabilities``   float16 [top_k]         of these
``content_hash``    uint64                  of the encoded bytes
``perceptual_hash`` uint64                  of the pixels, if the manifest says so
``unreadable``      string                  why there is no prediction; in all other rows null
==================  ======================  ==========================================================================

Of a row that cannot be read or decoded, all but ``row`` and ``unreadable`` is null (``content_hash`` where there were
no bytes).
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from rs_core.configs import from_dict
from rs_core.data.preprocessing import Preprocessing
from rs_core.train.precision import Precision

FORMAT = "rs-semisup predictions"
VERSION = 1
MANIFEST = "manifest.json"
CLAIMS = "claims"
FILE = re.compile(r"rows-(\d{12,})-(\d{12,})\.parquet")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What ``manifest.json`` holds: all that the predictions depend on.

    Args:
        index: fingerprint of the index.
        num_rows: of the index.
        teacher: what it was called when labelling began.
        teacher_fingerprint: of its weights and preprocessing.
        class_names: of the classes that it knows, in the order of their numbers.
        preprocessing: of its input.
        top_k: classes that are kept of each row.
        range_rows: rows of a file; the last may have fewer.
        batch_size: images in a forward pass, which can change the last bit of a probability.
        precision: the forward pass computes in.
        perceptual_hash: whether there is one of each row.
    """

    index: str
    num_rows: int
    teacher: str
    teacher_fingerprint: str
    class_names: tuple[str, ...]
    preprocessing: Preprocessing
    top_k: int
    range_rows: int
    batch_size: int
    precision: Precision
    perceptual_hash: bool

    def to_json(self) -> dict[str, Any]:
        """Give what is written, with the format's name and version in front."""
        return {"format": FORMAT, "version": VERSION, **asdict(self)}

    @property
    def num_ranges(self) -> int:
        """How many files there are when all is labelled."""
        return -(-self.num_rows // self.range_rows)

    def rows_of(self, number: int) -> range:
        """Give the rows of the range of a number, counted from 0."""
        return range(self.num_rows)[number * self.range_rows : (number + 1) * self.range_rows]

    @property
    def schema(self) -> pa.Schema:
        """The columns of every file."""
        fields = [
            pa.field("row", pa.int64(), nullable=False),
            pa.field("class", pa.int32()),
            pa.field("confidence", pa.float32()),
            pa.field("entropy", pa.float32()),
            pa.field("classes", pa.list_(pa.int32(), self.top_k)),
            pa.field("probabilities", pa.list_(pa.float16(), self.top_k)),
            pa.field("content_hash", pa.uint64()),
            pa.field("unreadable", pa.string()),
        ]
        if self.perceptual_hash:
            fields.insert(-1, pa.field("perceptual_hash", pa.uint64()))
        return pa.schema(fields)


def manifest_from_json(data: Mapping[str, Any]) -> Manifest:
    """Read what ``to_json`` gives.

    Raises:
        UserError: it is something else.
    """
    return from_dict(Manifest, {name: value for name, value in data.items() if name not in ("format", "version")})


def file_name(rows: range) -> str:
    """Give the name of the file of a range.

    >>> file_name(range(0, 65536))
    'rows-000000000000-000000065536.parquet'
    """
    return f"rows-{rows.start:012}-{rows.stop:012}.parquet"

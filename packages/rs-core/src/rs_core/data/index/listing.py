"""The small files that stand beside tar shards: what is in them, so that nobody has to read the shards to know.

``samples.csv`` has a row a sample, ``shard,offset,length,label``; ``shards.csv`` a row a shard,
``shard,bytes,crc32,rows``; ``classes.txt`` the class names, a line each.
"""

import csv
import io
from typing import NamedTuple

from rs_core.data.index.class_names import parse_class_names
from rs_core.data.index.storage import exists, join, open_stream
from rs_core.errors import UserError

SAMPLES = "samples.csv"
SHARDS = "shards.csv"
CLASSES = "classes.txt"

SAMPLES_HEADER = ("shard", "offset", "length", "label")
SHARDS_HEADER = ("shard", "bytes", "crc32", "rows")


class ShardFacts(NamedTuple):
    """What ``shards.csv`` says of a shard."""

    size: int
    crc32: int
    num_rows: int


def read_shard_facts(folder: str) -> dict[str, ShardFacts]:
    """Read ``shards.csv`` of a folder or address by the names of shards; nothing if there is none.

    Raises:
        UserError: it is something else.
    """
    path = join(folder, SHARDS)
    if not exists(path):
        return {}
    with open_stream(path) as stream:
        try:
            rows = list(csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")))
            if tuple(rows[0]) != SHARDS_HEADER:
                raise ValueError(f"its header is {','.join(rows[0])}")
            return {name: ShardFacts(int(size), int(crc32), int(count)) for name, size, crc32, count in rows[1:]}
        except (ValueError, LookupError, csv.Error) as error:
            raise UserError(f"{path}: not a table of shards ({error}); remove it, or write the shards again") from error


def class_names_beside(folder: str) -> tuple[str, ...] | None:
    """Read ``classes.txt`` of a folder or address; ``None`` if there is none."""
    path = join(folder, CLASSES)
    if not exists(path):
        return None
    with open_stream(path) as stream:
        return parse_class_names(path, stream.read())

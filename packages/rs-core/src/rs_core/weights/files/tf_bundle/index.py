"""The index of a checkpoint: which tensors it has, of what type and shape, and where their bytes are.

Source: tensorflow/tensorflow:tensorflow/core/protobuf/tensor_bundle.proto, framework/tensor_shape.proto.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from rs_core.weights.files.tf_bundle.errors import DamageError, FormError
from rs_core.weights.files.tf_bundle.table import read_table
from rs_core.weights.files.tf_bundle.wire import integer, message, read_fields

NEWEST_FORMAT = 1
PIECE = b"\0"  # first byte of the keys of pieces; the variables that they belong to have keys of their own
MOST_DIMENSIONS = 254  # TensorFlow's own limit


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One tensor: ``dtype`` is TensorFlow's number of the type, ``checksum`` the masked CRC-32C of its bytes."""

    name: str
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    num_bytes: int
    checksum: int


def read_index(table: bytes | mmap) -> tuple[int, list[Entry]]:
    """Give the number of data files, and the tensors sorted by name.

    Raises:
        DamageError: cut off, bytes have changed, or something else entirely.
        FormError: V1, compressed, big-endian, newer, or with partitioned variables.
    """
    rows = read_table(table)
    num_shards = read_header(*next(rows, (b"", b"")))
    tensors = ((read_name(key), value) for key, value in rows if not key.startswith(PIECE))
    return num_shards, [read_entry(name, value, num_shards) for name, value in tensors]


def read_header(key: bytes, content: bytes) -> int:
    """Give the number of data files that the first row of the table tells."""
    fields = dict(read_fields(content))
    if key or 1 not in fields:
        raise DamageError("it has no header")
    if isinstance(fields[1], bytes):  # in V1 this field is a message, the list of variables
        raise FormError("a checkpoint of TensorFlow's old V1 format")
    if integer(fields.get(2, 0)):
        raise FormError("a big-endian checkpoint")
    version = dict(read_fields(message(fields.get(3, b""))))
    if integer(version.get(2, 0)) > NEWEST_FORMAT:
        raise FormError("a checkpoint of a newer format")
    return integer(fields[1])


def read_name(key: bytes) -> str:
    """Decode a name."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise DamageError(f"the name {key[:80]!r} is not UTF-8") from None


def read_entry(name: str, content: bytes, num_shards: int) -> Entry:
    """Decode what the table says of one tensor."""
    fields = dict(read_fields(content))
    if 7 in fields:
        raise FormError(f"a checkpoint with variables in pieces (partitioned), such as {name!r}")
    shard = integer(fields.get(3, 0))
    if shard >= num_shards:
        raise DamageError(f"tensor {name!r} is said to be in data file {shard} of {num_shards}")
    return Entry(
        name=name,
        dtype=integer(fields.get(1, 0)),
        shape=tuple(read_shape(name, message(fields.get(2, b"")))),
        shard=shard,
        offset=integer(fields.get(4, 0)),
        num_bytes=integer(fields.get(5, 0)),
        checksum=integer(fields.get(6, 0)),
    )


def read_shape(name: str, content: bytes) -> Iterator[int]:
    """Give the sizes of a tensor's dimensions."""
    fields = list(read_fields(content))
    if any(number != 2 for number, _ in fields):
        raise DamageError(f"tensor {name!r} has no known shape")
    if len(fields) > MOST_DIMENSIONS:
        raise DamageError(f"tensor {name!r} has {len(fields)} dimensions")
    for _, dimension in fields:
        yield integer(dict(read_fields(message(dimension))).get(1, 0))

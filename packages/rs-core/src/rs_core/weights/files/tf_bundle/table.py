"""The sorted table of keys and values that holds a checkpoint's index; LevelDB has the same format.

A table is data blocks, an index block whose values say where the data blocks are, and a footer that says where the
index block is. In a block, keys leave out what they share with the key before them.

Source: tensorflow/tensorflow:tensorflow/core/lib/io/format.cc, block.cc; google/leveldb:doc/table_format.md.
"""

from collections.abc import Iterator
from mmap import mmap

from rs_core.weights.files.magic import TABLE_MAGIC
from rs_core.weights.files.tf_bundle.checksum import masked_crc32c
from rs_core.weights.files.tf_bundle.errors import DamageError, FormError
from rs_core.weights.files.tf_bundle.wire import read_bytes, read_varint

FOOTER_BYTES = 48
TRAILER_BYTES = 5  # one for the compression, four for the checksum
# A forged table can share a long key between very many entries; the names of a real one fill a few megabytes.
MOST_KEY_BYTES = 64 * 2**20


def read_table(table: bytes | mmap) -> Iterator[tuple[bytes, bytes]]:
    """Give all keys and values in the order of the keys; the checksum of every block is verified.

    Raises:
        DamageError: cut off, or bytes have changed.
        FormError: its blocks are compressed.
    """
    footer = table[-FOOTER_BYTES:]
    if len(footer) < FOOTER_BYTES or not footer.endswith(TABLE_MAGIC):
        raise DamageError("it is cut off, or no index of a checkpoint")
    meta_handle, at = read_handle(footer, 0)
    index_handle, _ = read_handle(footer, at)
    checked_block(table, *meta_handle)  # TensorFlow leaves it empty
    num_key_bytes = 0
    last_key: bytes | None = None
    for _, block_handle in read_block(table, index_handle):
        handle, _ = read_handle(block_handle, 0)
        key_before = last_key
        for key, value in read_block(table, handle):
            num_key_bytes += len(key)
            if num_key_bytes > MOST_KEY_BYTES:
                raise DamageError(f"its names fill more than {MOST_KEY_BYTES} bytes")
            if last_key is not None and key <= last_key:
                raise DamageError("its names are not sorted")
            yield key, value
            last_key = key
        if last_key == key_before:
            raise DamageError("a block of it is empty")


def read_handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Read where a block is, as (offset, size in bytes); give it and where the handle ends."""
    offset, at = read_varint(data, at)
    size, at = read_varint(data, at)
    return (offset, size), at


def read_block(table: bytes | mmap, handle: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    """Give the keys and values of one block."""
    block = checked_block(table, *handle)
    entries = block[: end_of_entries(block)]
    key, at = b"", 0
    while at < len(entries):
        num_shared, at = read_varint(entries, at)
        num_own, at = read_varint(entries, at)
        num_value, at = read_varint(entries, at)
        if num_shared > len(key):
            raise DamageError("a name shares more than the one before it has")
        own, at = read_bytes(entries, at, num_own)
        value, at = read_bytes(entries, at, num_value)
        key = key[:num_shared] + own
        yield key, value


def checked_block(table: bytes | mmap, offset: int, size: int) -> bytes:
    """Take one block out of the table and verify its checksum."""
    block, end = read_bytes(table, offset, size)
    trailer, _ = read_bytes(table, end, TRAILER_BYTES)
    if masked_crc32c([block, trailer[:1]]) != int.from_bytes(trailer[1:], "little"):
        raise DamageError(f"the checksum of the block at byte {offset} does not match")
    if trailer[0]:
        raise FormError("a checkpoint with a compressed index")
    return block


def end_of_entries(block: bytes) -> int:
    """Give where the entries end: behind them are offsets to jump to, four bytes each, then their number."""
    num_restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (num_restarts + 1)
    if end < 0:
        raise DamageError("a block is shorter than it says")
    return end

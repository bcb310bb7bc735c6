"""A writer of tables and indexes, to forge what TensorFlow would not write, with checksums that match."""

from types import SimpleNamespace

import pytest

from rs_core.weights.files.magic import TABLE_MAGIC
from rs_core.weights.files.tf_bundle.checksum import masked_crc32c


@pytest.fixture(scope="session")
def forge():
    """The functions of this writer."""
    return SimpleNamespace(
        header=HEADER,
        write_block=write_block,
        join_blocks=join_blocks,
        write_table=write_table,
        write_entry=write_entry,
        text_field=text_field,
        varint=varint,
    )


HEADER = b"\x08\x01\x1a\x02\x08\x01"  # one data file, little endian, format 1


def varint(value):
    digits = []
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def num_shared(a, b):
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def write_block(rows, *, restart_every=16):
    """One block without its trailer."""
    block, restarts, last = b"", [], b""
    for number, (key, value) in enumerate(rows):
        shared = num_shared(key, last) if number % restart_every else 0
        if number % restart_every == 0:
            restarts.append(len(block))
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    restarts = restarts or [0]
    return block + b"".join(at.to_bytes(4, "little") for at in [*restarts, len(restarts)])


def join_blocks(blocks, *, compression=0):
    """A table of data blocks, given with the last key of each."""
    table, handles = b"", []

    def append(block):
        nonlocal table
        handle = varint(len(table)) + varint(len(block))
        kind = bytes([compression])
        table += block + kind + masked_crc32c([block, kind]).to_bytes(4, "little")
        return handle

    for last_key, block in blocks:
        handles.append((last_key, append(block)))
    footer = append(write_block([])) + append(write_block(handles, restart_every=1))
    return table + footer.ljust(40, b"\0") + TABLE_MAGIC


def write_table(rows, *, rows_a_block=1000, restart_every=16, compression=0):
    """A table of sorted rows."""
    groups = [rows[start : start + rows_a_block] for start in range(0, len(rows), rows_a_block)]
    blocks = [(group[-1][0], write_block(group, restart_every=restart_every)) for group in groups]
    return join_blocks(blocks, compression=compression)


def write_entry(*, dtype=1, shape=(2,), shard=0, offset=0, num_bytes=8, checksum=0, more=b""):
    """What an index says of one tensor."""
    dimensions = b"".join(text_field(2, b"\x08" + varint(size)) for size in shape)
    numbers = ((1, dtype), (3, shard), (4, offset), (5, num_bytes))
    integers = b"".join(varint(number << 3) + varint(value) for number, value in numbers)
    return integers + text_field(2, dimensions) + b"\x35" + checksum.to_bytes(4, "little") + more


def text_field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content

"""The index, with forged entries whose checksums are right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rs_core.weights.files.tf_bundle.errors import DamageError, FormError
from rs_core.weights.files.tf_bundle.index import read_index


def test_an_entry_is_read_whole(forge):
    row = forge.write_entry(dtype=19, shape=(3, 0, 5), offset=7, num_bytes=0, checksum=0xDEADBEEF)
    num_shards, (entry,) = read_index(forge.write_table([(b"", forge.header), (b"a/b", row)]))
    assert (num_shards, entry.name, entry.dtype, entry.shape) == (1, "a/b", 19, (3, 0, 5))
    assert (entry.offset, entry.num_bytes, entry.checksum) == (7, 0, 0xDEADBEEF)


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        (b"", DamageError, "no header"),
        (b"\x10\x01", DamageError, "no header"),
        (b"\x0a\x02ab", FormError, "V1"),
        (b"\x08\x01\x10\x01", FormError, "big-endian"),
        (b"\x08\x01\x1a\x02\x10\x02", FormError, "newer"),
    ],
)
def test_a_header_of_another_form_is_refused(forge, header, error, words):
    with pytest.raises(error, match=words):
        read_index(forge.write_table([(b"", header)]))


def test_an_index_without_any_row_is_damage(forge):
    with pytest.raises(DamageError, match="no header"):
        read_index(forge.join_blocks([]))


def test_a_variable_in_pieces_is_named(forge):
    row = forge.write_entry(more=forge.text_field(7, b""))
    with pytest.raises(FormError, match=r"in pieces .*'embedding'"):
        read_index(forge.write_table([(b"", forge.header), (b"\0embedding\0\x01\x80", b""), (b"embedding", row)]))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"shard": 1}, "data file 1 of 1"),
        ({"shape": (1,) * 255}, "255 dimensions"),
        ({"more": b"\x12\x02\x18\x01"}, "no known shape"),
        ({"more": b"\x12\x02\x10\x01"}, "text|number"),
        ({"more": b"\x0a\x01a"}, "text where a number belongs"),
    ],
)
def test_an_impossible_entry_is_damage(forge, entry, words):
    with pytest.raises(DamageError, match=words):
        read_index(forge.write_table([(b"", forge.header), (b"a", forge.write_entry(**entry))]))


def test_a_name_that_is_not_utf8_is_damage(forge):
    with pytest.raises(DamageError, match=r"name b'\\xff\\xfe' is not UTF-8"):
        read_index(forge.write_table([(b"", forge.header), (b"\xff\xfe", forge.write_entry())]))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_rows_are_entries_or_refused(forge, header, row):
    for first in (header, forge.header):
        try:
            read_index(forge.write_table([(b"", first), (b"a", row)]))
        except (DamageError, FormError):
            continue

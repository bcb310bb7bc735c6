"""The sorted table. What TensorFlow itself writes is read in test_bundle.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rs_core.weights.files.tf_bundle.errors import DamageError, FormError
from rs_core.weights.files.tf_bundle.table import read_table

# Few letters, so that keys share prefixes.
tables = st.dictionaries(st.text("ab/", max_size=20).map(str.encode), st.binary(max_size=40), min_size=1, max_size=60)


@given(tables, st.integers(1, 20), st.integers(1, 20))
def test_rows_come_back_from_any_number_of_blocks_and_restarts(forge, table, rows_a_block, restart_every):
    rows = sorted(table.items())
    content = forge.write_table(rows, rows_a_block=rows_a_block, restart_every=restart_every)
    assert list(read_table(content)) == rows


def test_a_compressed_block_is_told_from_damage(forge):
    with pytest.raises(FormError, match="compressed"):
        list(read_table(forge.write_table([(b"", b"")], compression=1)))


@pytest.mark.parametrize("size", [0, 1, 47, 60])
def test_a_table_that_is_cut_off_is_damage(forge, size):
    with pytest.raises(DamageError, match="cut off"):
        list(read_table(forge.write_table([(b"a", b"1")])[:size]))


def test_unsorted_names_are_damage(forge):
    with pytest.raises(DamageError, match="not sorted"):
        list(read_table(forge.write_table([(b"b", b""), (b"a", b"")])))


def test_a_block_that_is_listed_twice_is_damage(forge):
    block = forge.write_block([(b"a", b"1")])
    with pytest.raises(DamageError, match="not sorted"):
        list(read_table(forge.join_blocks([(b"a", block), (b"b", block)])))


def test_empty_blocks_are_damage_so_that_a_forged_index_cannot_list_one_for_ever(forge):
    with pytest.raises(DamageError, match="empty"):
        list(read_table(forge.join_blocks([(b"a", forge.write_block([]))])))


def test_a_long_name_shared_by_very_many_entries_does_not_fill_the_memory(forge):
    shared, value = b"x" * 2**20, forge.varint(2**20) + b"\x01\0"
    first = b"\0" + forge.varint(2**20) + b"\0" + shared
    entries = b"".join(value + bytes([number]) for number in range(100))
    block = first + entries + bytes(4) + (1).to_bytes(4, "little")
    with pytest.raises(DamageError, match="names fill more than"):
        list(read_table(forge.join_blocks([(b"z", block)])))


@pytest.mark.parametrize("num_shared", [1, 2**63])
def test_a_name_cannot_share_more_than_the_one_before_it_has(forge, num_shared):
    block = forge.varint(num_shared) + b"\x01\0a" + bytes(4) + (1).to_bytes(4, "little")
    with pytest.raises(DamageError, match="shares more"):
        list(read_table(forge.join_blocks([(b"a", block)])))


@given(st.binary(max_size=60))
def test_any_block_with_a_right_checksum_is_rows_or_damage(forge, block):
    try:
        rows = list(read_table(forge.join_blocks([(b"a", block)])))
    except DamageError:
        return
    assert rows == sorted(rows)

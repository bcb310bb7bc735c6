"""Packed columns of byte strings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.data.index import ByteColumn


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20)))
def test_a_packed_column_gives_its_values_back(values):
    column = ByteColumn.pack(values)
    assert [column[row] for row in range(len(column))] == values

"""Messages of protocol buffers."""

import pytest

from rs_core.weights.files.tf_bundle.errors import DamageError
from rs_core.weights.files.tf_bundle.wire import integer, message, read_fields, read_varint


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32 - 1, 2**63, 2**64 - 1])
def test_a_varint_is_what_google_protobuf_writes(value):
    encoder = pytest.importorskip("google.protobuf.internal.encoder")
    data = encoder._VarintBytes(value)
    assert read_varint(b"\xff" + data + b"\x05", 1) == (value, 1 + len(data))


def test_fields_of_every_wire_type_are_read():
    data = b"\x08\x96\x01\x11\x01\0\0\0\0\0\0\0\x1a\x03abc\x25\x02\0\0\0\x82\x01\0"
    assert list(read_fields(data)) == [(1, 150), (2, 1), (3, b"abc"), (4, 2), (16, b"")]


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",  # a key that does not end
        b"\x08" + b"\xff" * 11,  # an integer longer than 64 bits
        b"\x1a\x04abc",  # text shorter than it says
        b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # text of 2^63 bytes
        b"\x25\x02\0",  # a short fixed integer
        b"\x0b",  # a group
    ],
)
def test_what_is_no_message_is_damage(data):
    with pytest.raises(DamageError):
        list(read_fields(data))


def test_a_field_of_another_type_is_damage():
    with pytest.raises(DamageError, match="text where a number belongs"):
        integer(b"")
    with pytest.raises(DamageError, match="number where a message belongs"):
        message(0)

"""The wire format of protocol buffers: a message is a sequence of numbered fields."""

from collections.abc import Iterator
from mmap import mmap

from rs_core.weights.files.tf_bundle.errors import DamageError

MOST_VARINT_BYTES = 10
FIXED_BYTES = {1: 8, 5: 4}  # by wire type


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned integer of up to 64 bits, seven bits a byte; give it and where it ends.

    >>> read_varint(b"\\xac\\x02", 0)
    (300, 2)

    Raises:
        DamageError: it does not end.
    """
    value = 0
    for number, byte in enumerate(data[at : at + MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + number + 1
    raise DamageError("an integer does not end")


def read_bytes(data: bytes | mmap, at: int, length: int) -> tuple[bytes, int]:
    """Read a number of bytes; give them and where they end.

    Raises:
        DamageError: there are not so many.
    """
    end = at + length
    if end > len(data):
        raise DamageError("a value reaches past the end")
    return data[at:end], end


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give number and value of each field: an unsigned integer, or bytes for strings and messages.

    >>> list(read_fields(b"\\x08\\x02\\x12\\x03abc"))
    [(1, 2), (2, b'abc')]

    Raises:
        DamageError: not a message.
    """
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        value: int | bytes
        match key & 7:
            case 0:
                value, at = read_varint(data, at)
            case 2:
                length, at = read_varint(data, at)
                value, at = read_bytes(data, at, length)
            case 1 | 5 as fixed:
                digits, at = read_bytes(data, at, FIXED_BYTES[fixed])
                value = int.from_bytes(digits, "little")
            case unknown:
                raise DamageError(f"a field has the unknown wire type {unknown}")
        yield key >> 3, value


def integer(value: int | bytes) -> int:
    """Give a field's value as the integer that it must be.

    Raises:
        DamageError: it is a string or a message.
    """
    if isinstance(value, bytes):
        raise DamageError("a field holds text where a number belongs")
    return value


def message(value: int | bytes) -> bytes:
    """Give a field's value as the bytes of the message that it must be.

    Raises:
        DamageError: it is a number.
    """
    if isinstance(value, int):
        raise DamageError("a field holds a number where a message belongs")
    return value

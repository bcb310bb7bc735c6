"""The masked CRC-32C that guards blocks and tensors."""

from collections.abc import Iterable

import google_crc32c


def masked_crc32c(chunks: Iterable[bytes]) -> int:
    """Give the checksum of consecutive bytes as the format stores it: rotated and shifted by a constant.

    Source: tensorflow/tensorflow:tensorflow/core/lib/hash/crc32c.h (Mask).

    >>> hex(masked_crc32c([b"1234", b"56789"]))
    '0xc78ab0e5'
    """
    crc = 0
    for chunk in chunks:
        crc = google_crc32c.extend(crc, chunk)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

"""The masked CRC-32C."""

from rs_core.weights.files.tf_bundle.checksum import masked_crc32c


def test_the_mask_is_undone_to_the_published_check_value():
    masked = masked_crc32c([b"123456789"])
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    # RFC 3720, B.4: the CRC-32C of these digits.
    assert (rotated << 15 | rotated >> 17) & 0xFFFFFFFF == 0xE3069283


def test_pieces_give_what_the_whole_gives():
    assert masked_crc32c([b"123", b"", b"456789"]) == masked_crc32c([b"123456789"])

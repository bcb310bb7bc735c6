"""The name of a tar's member whose data begin at a known byte, read from the header in front of them."""

from rs_core.data.index.tar_header import BLOCK, DamagedHeader, Header, padded, parse_header, parse_pax

# A long name takes up to so many blocks in front of the header.
MOST_BLOCKS = 12


def bytes_before(offset: int) -> tuple[int, int]:
    """Give the range in front of a member's data that holds its headers."""
    return max(0, offset - MOST_BLOCKS * BLOCK), offset


def member_name(head: bytes) -> str:
    """Return the name of the member whose headers are the last bytes of ``head``, whole blocks; "" if it has none."""
    try:
        header = parse_header(head[-BLOCK:])
    except DamagedHeader:
        return ""
    if header is None:
        return ""
    # The name in the header is cut off where an entry with the whole one stands in front: one whose data end here.
    for blocks in range(3, len(head) // BLOCK + 1):
        start = len(head) - blocks * BLOCK
        try:
            extended = parse_header(head[start : start + BLOCK])
        except DamagedHeader:
            continue
        if extended and (name := _long_name(extended, head[start + BLOCK : -BLOCK])):
            return name
    return header.name


def _long_name(header: Header, data: bytes) -> str:
    if header.kind not in "xL" or padded(header.size) != len(data):
        return ""
    data = data[: header.size]
    if header.kind == "L":
        return data.rstrip(b"\0").decode(errors="surrogateescape")
    try:
        return parse_pax(data).get("path", "")
    except DamagedHeader:
        return ""

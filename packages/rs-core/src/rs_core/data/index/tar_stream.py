"""The members of a tar, read from front to back with a running checksum; damage is said with its place."""

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from rs_core.data.index.tar_header import BLOCK, DamagedHeader, Header, padded, parse_header, parse_pax
from rs_core.errors import UserError

# The compressions by which people send tars: gzip, xz, zstandard, bzip2.
COMPRESSED = (b"\x1f\x8b", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh")
PIECE_BYTES = 2**20
MAX_EXTENDED_HEADER_BYTES = 2**24

# Links, devices and folders: a size in their header counts nothing.
WITHOUT_DATA = "123456"


class Member(NamedTuple):
    """A member of a tar.

    ``kind`` is ``"0"`` for a file, ``"1"`` for a hard link, ``"2"`` for a symbolic one, ``"S"`` for a file whose holes
    are left out. ``content`` is empty unless it was asked for.
    """

    name: str
    kind: str
    offset: int
    size: int
    content: bytes


class TarStream:
    """Reads a tar from front to back.

    Args:
        path: what to call it in a message.
        stream: its bytes.
    """

    def __init__(self, path: str, stream: BinaryIO) -> None:
        self.path = path
        self.stream = stream
        self.position = 0
        self.crc32 = 0
        self._last_name = ""

    def members(self, wanted: Callable[[str], bool]) -> Iterator[Member]:
        """Yield each member; ``wanted`` says of a name whether its content is read too.

        Raises:
            UserError: no tar, compressed, cut off, damaged, or followed by something else.
        """
        extended: dict[str, str] = {}
        while (header := self._header()) is not None:
            if header.kind in "xgLK":
                extended |= self._extended(header)
                continue
            member = self._member(header, extended, wanted)
            self._last_name = member.name
            yield member
            extended = {}
        self._read_to_the_end()

    def _member(self, header: Header, extended: dict[str, str], wanted: Callable[[str], bool]) -> Member:
        name = extended.get("path", header.name)
        size = int(extended.get("size", header.size)) if header.kind not in WITHOUT_DATA else 0
        kind = "S" if any(key.startswith("GNU.sparse") for key in extended) else header.kind
        offset = self.position
        content = b""
        if wanted(name):
            content = self._read(size, name)
            self._skip(padded(size) - size, name)
        else:
            self._skip(padded(size), name)
        return Member(name, kind, offset, size, content)

    def _header(self) -> Header | None:
        block = self._take(BLOCK)
        if self.position <= BLOCK and block.startswith(COMPRESSED):
            raise UserError(f"{self.path}: compressed; unpack it to a plain .tar, whose samples can be read in place")
        if not block:
            raise UserError(f"{self.path}: {self._cut_off('without the mark that ends an archive')}")
        if len(block) < BLOCK:
            raise UserError(f"{self.path}: {self._cut_off('in a header')}")
        try:
            return parse_header(block)
        except DamagedHeader:
            raise self._damaged(self.position - BLOCK) from None

    def _extended(self, header: Header) -> dict[str, str]:
        """Read an entry that says more of the next member: its name if it is long, its size if it is large."""
        start = self.position - BLOCK
        if header.size > MAX_EXTENDED_HEADER_BYTES:
            raise self._damaged(start)
        data = self._read(padded(header.size), header.name)[: header.size]
        if header.kind == "L":
            return {"path": data.rstrip(b"\0").decode(errors="surrogateescape")}
        try:
            records = parse_pax(data) if header.kind == "x" else {}
            if not records.get("size", "0").isdigit():
                raise DamagedHeader
        except DamagedHeader:
            raise self._damaged(start) from None
        return records

    def _read_to_the_end(self) -> None:
        while data := self._take(PIECE_BYTES):
            if data.count(0) != len(data):
                raise UserError(
                    f"{self.path}: something follows the end of the archive, after {self._last_name or 'no member'}; "
                    "if tars were joined with cat, index them one by one"
                )

    def _read(self, size: int, name: str) -> bytes:
        data = self._take(size)
        if len(data) < size:
            raise UserError(f"{self.path}: {self._cut_off(f'in {name}')}")
        return data

    def _skip(self, size: int, name: str) -> None:
        while size > 0:
            size -= len(self._read(min(size, PIECE_BYTES), name))

    def _take(self, size: int) -> bytes:
        data = self.stream.read(size)
        # A stream may give less at a time.
        while len(data) < size and (more := self.stream.read(size - len(data))):
            data += more
        self.position += len(data)
        self.crc32 = zlib.crc32(data, self.crc32)
        return data

    def _cut_off(self, where: str) -> str:
        last = f", after {self._last_name}" if self._last_name else ""
        return f"cut off at byte {self.position:,} {where}{last}; copy or write it again"

    def _damaged(self, position: int) -> UserError:
        if position == 0:
            return UserError(f"{self.path}: not a tar archive; give shards written by tar or rs-core shard")
        last = f", after {self._last_name}" if self._last_name else ""
        return UserError(f"{self.path}: damaged at byte {position:,}{last}; copy or write it again")

"""Samples of an index that is built when it is needed: files of a folder, and images held in memory."""

import os
from dataclasses import dataclass
from pathlib import Path

from rs_core.data.index.byte_column import ByteColumn
from rs_core.data.index.sample_index import Source
from rs_core.data.skips import UnreadableSample


@dataclass(frozen=True, eq=False)
class Files(Source):
    """Samples that are files; ``paths`` are relative to ``root``, in the file system's encoding."""

    root: Path
    paths: ByteColumn

    def read(self, row: int) -> bytes:
        """Return the content of the file; ``UnreadableSample`` if it cannot be read."""
        try:
            return Path(self.name(row)).read_bytes()
        except OSError as error:
            advice = "put the file back, or start again so that the folder is listed anew"
            raise UnreadableSample(self.name(row), f"cannot be read ({error.strerror})", advice) from error

    def name(self, row: int) -> str:
        """Return the path of the file."""
        return os.path.join(self.root, os.fsdecode(self.paths[row]))  # noqa: PTH118  (ten times Path's speed)


@dataclass(frozen=True, eq=False)
class Blobs(Source):
    """Samples held in memory as encoded images, with a name each (UTF-8)."""

    images: ByteColumn
    names: ByteColumn

    def read(self, row: int) -> bytes:
        """Return the encoded image."""
        return self.images[row]

    def name(self, row: int) -> str:
        """Return the name given with the image."""
        return self.names[row].decode()

"""The sample index: one table for image folders, tar shards and lists, in memory or on disk."""

from rs_core.data.index.byte_column import ByteColumn
from rs_core.data.index.in_memory import Blobs, Files
from rs_core.data.index.sample_index import NO_LABEL, SampleIndex, Source
from rs_core.data.index.store import open_index

__all__ = ["NO_LABEL", "Blobs", "ByteColumn", "Files", "SampleIndex", "Source", "open_index"]

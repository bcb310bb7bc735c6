"""Telling whether an index is the one that something was made for."""

import hashlib
import json

from rs_core.data.index.layout import Description

# What says which bytes a row is. Times and tags are left out: a file that is copied keeps its content.
ARRAYS = ("rows/file", "rows/offset", "rows/length", "files/name", "files/name_end", "files/size", "files/crc32")


def fingerprint(description: Description) -> str:
    """Give a name, 32 hexadecimal digits, to which bytes the rows of an index are: labels and other columns are free.

    It follows from the checksums in the description, so it costs nothing at any number of rows. Where the files lie as
    a whole (``root``) makes no difference.
    """
    arrays = {name: description.arrays[f"{name}.npy"] for name in ARRAYS}
    facts = {name: [array.dtype, list(array.shape), array.crc32] for name, array in arrays.items()}
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()

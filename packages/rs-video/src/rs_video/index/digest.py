"""Telling whether an index would say the same if it were written again."""

import hashlib
import json
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.store import read_description
from rs_video.index.listing import Listing
from rs_video.index.probe_all import Probed

DIGEST = "video.json"


def digest_of(listing: Listing, probed: Probed, labels: LabelCollector) -> str:
    """Give a number for all that an index says."""
    whole = hashlib.sha256(repr((listing.root, labels.classes(), labels.given is not None)).encode())
    for row, state, facts in zip(probed.rows, probed.states, probed.facts, strict=True):
        whole.update(repr((row.file, row.label, state, facts)).encode())
    return whole.hexdigest()


def says_the_same(directory: Path, digest: str) -> bool:
    """Say whether the index in a folder is whole and has a digest."""
    try:
        noted = json.loads((directory / DIGEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    if not (directory / DESCRIPTION).exists():
        return False
    # The columns that it was noted for: a build that was killed after it wrote an index has not noted its own.
    return bool(noted == {"digest": digest, "columns": read_description(directory).data})


def note_digest(directory: Path, digest: str) -> None:
    """Write down what the index in a folder says."""
    noted = {"digest": digest, "columns": read_description(directory).data}
    write_text_atomically(directory / DIGEST, json.dumps(noted) + "\n")

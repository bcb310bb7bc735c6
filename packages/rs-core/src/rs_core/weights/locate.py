"""From what a user calls weights to a path on this machine."""

import glob
from pathlib import Path

from rs_core.errors import UserError, nearest
from rs_core.weights.download import locate_published
from rs_core.weights.files.directory import prefix_of
from rs_core.weights.hub import PREFIX, parse_hub_id, pull_from_hub
from rs_core.weights.published import PUBLISHED


def is_source(text: str) -> bool:
    """Say whether a text names weights: a path that exists, a published name, or a hub id with its prefix."""
    return is_here(text) or text in PUBLISHED or is_on_hub(text)


def is_here(text: str) -> bool:
    """Say whether a text is a path that exists, or the prefix of a TensorFlow checkpoint."""
    path = Path(text)
    return path.exists() or any(prefix_of(part) == path for part in path.parent.glob(f"{glob.escape(path.name)}.*"))


def is_on_hub(text: str) -> bool:
    """Say whether a text is a hub id: ``hf-hub:`` is before it, for ``a/b`` alone may be a path with a mistake."""
    return bool(PREFIX.match(text))


def locate(source: str) -> Path:
    """Give the path of weights, after a download where ``source`` is a published name or a hub id.

    Raises:
        UserError: nothing of that name, or what the download raises.
    """
    if not source:
        raise UserError("the source of the weights is empty; give a file, a published name or hf-hub:user/name")
    if is_here(source):
        return Path(source)
    if source in PUBLISHED:
        return locate_published(source)
    if is_on_hub(source):
        return pull_from_hub(parse_hub_id(source))
    raise UserError(
        f"{source}: no such file, checkpoint prefix or published name{nearest(source, list(PUBLISHED))}; "
        "see rs-core weights list, or write hf-hub:user/name for the hub"
    )

"""From what a user calls weights to a path on this machine."""

from pathlib import Path

from rs_core.errors import UserError, nearest
from rs_core.weights.download import locate_published
from rs_core.weights.hub import parse_hub_id, pull_from_hub
from rs_core.weights.published import PUBLISHED


def is_source(text: str) -> bool:
    """Say whether a text names weights: a path that exists, a published name, or what looks like a hub id."""
    return is_here(text) or text in PUBLISHED or bool(parse_hub_id(text))


def is_here(text: str) -> bool:
    """Say whether a text is a path that exists, or the prefix of a TensorFlow checkpoint."""
    return Path(text).exists() or Path(f"{text}.index").exists()


def locate(source: str) -> Path:
    """Give the path of weights, after a download where ``source`` is a published name or a hub id.

    What exists here comes first, so a folder ``timm/resnetrs50`` is not looked for on the hub.

    Raises:
        UserError: nothing of that name, or what the download raises.
    """
    if is_here(source):
        return Path(source)
    if source in PUBLISHED:
        return locate_published(source)
    hub_id = parse_hub_id(source)
    if hub_id:
        return pull_from_hub(hub_id)
    raise UserError(
        f"{source}: no such file, checkpoint prefix or published name{nearest(source, list(PUBLISHED))}; "
        "see rs-core weights list"
    )

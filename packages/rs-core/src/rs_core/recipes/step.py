"""A step of a study: a recipe as a named difference from another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of a study.

    Args:
        name: of the recipe that results.
        parent: name of the recipe that it changes.
        changes: settings and their new values, as ``with_changes`` takes them.
        published_gain: points of top-1 that the paper gives for the change, ``None`` where it shows none.
        published_top1: top-1 in per cent of the result, 0 where it is not known.
        source: where gain and total are from.
    """

    name: str
    parent: str
    changes: Mapping[str, Any]
    published_gain: float | None
    published_top1: float = 0.0
    source: str

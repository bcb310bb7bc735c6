"""Lengths of time as people write them: ``90s``, ``7m``, ``12h``, ``2d``."""

import math
import re

from rs_core.errors import UserError

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

# Below so many of the next unit the smaller one reads better: 90 s, 100 min, 36 h.
ROUND_FROM = 2


def parse_duration(text: str, name: str) -> float:
    """Read a length of time, in seconds; ``name`` is what a message calls it.

    >>> parse_duration("7m", "--budget"), parse_duration("1.5h", "--budget")
    (420.0, 5400.0)

    Raises:
        UserError: no number above 0 with one of the units behind it.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", text.strip())
    seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
    if not 0 < seconds < math.inf:
        raise UserError(f"{name} {text!r}: give a time such as 90s, 7m, 12h or 2d")
    return seconds


def in_words(seconds: float) -> str:
    """Give a length of time, rounded up, in a form that ``parse_duration`` reads.

    >>> in_words(80.2), in_words(420), in_words(5400), in_words(100_000)
    ('81s', '7m', '90m', '28h')
    """
    unit = max((u for u in SECONDS if seconds >= ROUND_FROM * SECONDS[u]), key=lambda u: SECONDS[u], default="s")
    return f"{math.ceil(round(seconds / SECONDS[unit], 6))}{unit}"

"""The two strategies of the paper as two paths of growing networks.

Both start small, at the networks of the paper's grid below its released rows, and both let the resolution grow slowly:
as it does along the released rows, and not beyond 320 px, where the paper finds that it brings little.
"""

from typing import Literal

from rs_core.recipes.published import ROWS
from rs_core.study.advise.question import Question
from rs_core.study.scaling.grid import Network

Regime = Literal["short", "medium", "long"]
Strategy = Literal["depth", "width"]

# The paper trains 10, 100 and 350 epochs; the borders between are ours: the geometric means.
MEDIUM_FROM_EPOCHS, LONG_FROM_EPOCHS = 31.6, 187.0

# The paper's grid of widths, and where its figure 3 starts to scale.
SMALL_START = (Network(128, 26, 0.25), Network(128, 26, 0.5), Network(160, 50, 0.5))

# Small images make do with smaller networks than the paper's, such as that of the laptop recipes.
SMALLER_START = (Network(128, 14, 0.125), Network(128, 14, 0.25))
WIDER = (1.5, 2.0)
WIDENED_DEPTH, WIDENED_RESOLUTION = 101, 160

LARGEST_RESOLUTION = 320
SMALLEST_RESOLUTION, STEP = 16, 4


def regime_of(epochs: float) -> Regime:
    """Say to which of the paper's trainings one of so many epochs is nearest.

    >>> regime_of(10), regime_of(90), regime_of(350)
    ('short', 'medium', 'long')
    """
    if epochs < MEDIUM_FROM_EPOCHS:
        return "short"
    return "medium" if epochs < LONG_FROM_EPOCHS else "long"


def strategies_of(regime: Regime) -> tuple[Strategy, Strategy]:
    """Give what to scale, and what comes second.

    In the medium regime the paper is undecided; depth is ahead at three of the four resolutions of its figure 3.
    """
    return ("width", "depth") if regime == "short" else ("depth", "width")


def path(strategy: Strategy, question: Question) -> list[Network]:
    """Give the networks of a strategy, the smallest first, at resolutions that suit the data."""
    released = [Network(row.resolution, row.depth, 1.0) for row in ROWS]
    smallest = [*SMALLER_START, *SMALL_START] if question.facts.is_small else [*SMALL_START]
    if strategy == "depth":
        networks = [*smallest, *released]
    else:
        start = [network for network in released if network.resolution <= WIDENED_RESOLUTION]
        widened = [Network(WIDENED_RESOLUTION, WIDENED_DEPTH, width) for width in WIDER]
        resolutions = sorted({row.resolution for row in ROWS if row.resolution > WIDENED_RESOLUTION})
        enlarged = [Network(resolution, WIDENED_DEPTH, WIDER[-1]) for resolution in resolutions]
        networks = [*smallest, *start, *widened, *enlarged]
    at_resolution = [
        Network(suitable(network.resolution, question), network.depth, network.width) for network in networks
    ]
    return list(dict.fromkeys(at_resolution))


def suitable(resolution: int, question: Question) -> int:
    """Give the resolution that was asked for, else that of a path, but not beyond the data and 320 px.

    Small images are used as they are, in steps of 4 px.
    """
    if question.resolution:
        return question.resolution
    short_side = max(SMALLEST_RESOLUTION, question.facts.short_side // STEP * STEP)
    if question.facts.is_small:
        return short_side
    return min(resolution, short_side, LARGEST_RESOLUTION)

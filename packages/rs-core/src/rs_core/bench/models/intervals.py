"""What a row takes on average, and how far a repetition may be from it.

A round is a new process, which warms up and then times blocks of consecutive steps. Two things vary: the blocks of a
round, whose neighbours resemble each other because a machine is fast or slow for a while, and the rounds, because no
two processes find the same memory and clock. The interval is the wider of two: Student's t over the blocks, with fewer
of them the more neighbours correlate, and Student's t over the means of the rounds.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

METHOD = (
    "mean over blocks of consecutive steps in several processes; 95 % interval: the wider of Student's t over the "
    "blocks, widened for the correlation of neighbours, and Student's t over the means of the processes"
)

# The 0.975 quantiles of Student's t for 1 to 10 degrees of freedom, and of the normal distribution.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NORMAL_975 = 1.959964

# Blocks are never taken for more alike than this: a round that only drifts would have no information at all.
LARGEST_CORRELATION = 0.9


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean with half the width of its 95 % interval, in the unit of the values; ``None`` of a single value."""

    mean: float
    half_width: float | None


def estimate(rounds: Sequence[Sequence[float]]) -> Estimate:
    """Give the mean over rounds with its interval.

    Args:
        rounds: for each round its blocks in order, at least one; every block stands for as many steps.

    >>> one = estimate([[1.0, 1.2], [1.1, 0.9], [1.0, 1.0]])
    >>> f"{one.mean:.3f} ± {one.half_width:.3f}"
    '1.033 ± 0.143'
    """
    blocks = [block for one in rounds for block in one]
    means = [statistics.fmean(one) for one in rounds]
    widths = []
    if len(blocks) > 1:
        rho = neighbour_correlation(rounds)
        widths.append(t_half_width(blocks) * math.sqrt((1 + rho) / (1 - rho)))
    if len(means) > 1:
        widths.append(t_half_width(means))
    return Estimate(mean=statistics.fmean(means), half_width=max(widths, default=None))


def t_half_width(values: Sequence[float]) -> float:
    """Give half the 95 % interval of the mean of independent values."""
    return t_quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))


def t_quantile(degrees_of_freedom: int) -> float:
    """Give the 0.975 quantile of Student's t, to three digits (Abramowitz and Stegun 1964, 26.7.5).

    >>> t_quantile(2), round(t_quantile(29), 3)
    (4.303, 2.045)
    """
    if degrees_of_freedom <= len(T_975):
        return T_975[degrees_of_freedom - 1]
    z, n = NORMAL_975, degrees_of_freedom
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + (z**3 + z) / (4 * n) + second + third


def neighbour_correlation(rounds: Sequence[Sequence[float]]) -> float:
    """Give the correlation of blocks that follow each other in a round, from 0 to ``LARGEST_CORRELATION``.

    Deviations are from the mean of the round: how rounds differ is seen by their means.
    """
    products, squares = 0.0, 0.0
    for one in rounds:
        deviations = [block - statistics.fmean(one) for block in one]
        products += sum(a * b for a, b in pairwise(deviations))
        squares += sum(deviation**2 for deviation in deviations)
    return min(max(products / squares, 0.0), LARGEST_CORRELATION) if squares else 0.0

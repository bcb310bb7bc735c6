"""Where error follows a power law of FLOPs: a straight line of their logarithms, over the small networks."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

# A prefix of so many networks, or more, on a line this straight: our bound, the paper states none.
FEWEST_POINTS = 4
LEAST_R_SQUARED = 0.9


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """``error = coefficient * flops ** exponent``, in per cent.

    Args:
        coefficient: error at one FLOP.
        exponent: below 0 where error falls with FLOPs.
        r_squared: share of the variance of log(error) that the line explains.
        num_points: that it goes through.
        smallest: FLOPs of the smallest of them.
        largest: FLOPs of the largest of them.
    """

    coefficient: float
    exponent: float
    r_squared: float
    num_points: int
    smallest: float
    largest: float

    def error(self, flops: float) -> float:
        """Give the error at so many FLOPs."""
        return float(self.coefficient * flops**self.exponent)

    def as_dict(self) -> dict[str, Any]:
        """Give all figures."""
        return asdict(self)


def fit_power_law(points: Sequence[tuple[float, float]]) -> PowerLaw:
    """Fit a line to the logarithms of (FLOPs, error) by least squares; all are above 0, not all FLOPs are equal.

    >>> law = fit_power_law([(1e6, 40.0), (1e8, 4.0)])
    >>> round(law.exponent, 6), round(law.error(1e7), 3)
    (-0.5, 12.649)
    """
    x = [math.log(flops) for flops, _ in points]
    y = [math.log(error) for _, error in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)
    intercept = mean_y - slope * mean_x
    around_line = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    around_mean = sum((b - mean_y) ** 2 for b in y)
    return PowerLaw(
        coefficient=math.exp(intercept),
        exponent=slope,
        r_squared=1 - around_line / around_mean if around_mean else 0.0,
        num_points=len(points),
        smallest=min(flops for flops, _ in points),
        largest=max(flops for flops, _ in points),
    )


def power_law_of_small_networks(
    points: Sequence[tuple[float, float]], least_r_squared: float = LEAST_R_SQUARED
) -> PowerLaw | None:
    """Fit the most networks, counted from the smallest, whose logarithms lie on a falling line; nothing if too few do.

    Networks without a single error have no logarithm and are left out.
    """
    usable = sorted((flops, error) for flops, error in points if error > 0)
    for count in range(len(usable), FEWEST_POINTS - 1, -1):
        prefix = usable[:count]
        if prefix[0][0] == prefix[-1][0]:
            continue
        law = fit_power_law(prefix)
        if law.r_squared >= least_r_squared and law.exponent < 0:
            return law
    return None

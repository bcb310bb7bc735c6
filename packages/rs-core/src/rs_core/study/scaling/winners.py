"""Whether the deeper or the wider network of about equal cost has the smaller error."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rs_core.study.scaling.config import Axes
from rs_core.study.scaling.grid import Network, Point
from rs_core.study.scaling.order import Flops, paths_at
from rs_core.study.summary import spread

# FLOPs further apart than this are not equal cost: our bound.
LARGEST_RATIO = 1.5

Verdict = Literal["depth", "width", "tie"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A deeper and a wider network, trained alike.

    Args:
        epochs: of both.
        deeper: network.
        wider: network.
        flops_ratio: of the deeper over the wider.
        deeper_error: of the mean over the seeds, in per cent.
        wider_error: likewise.
        noise: difference of errors that means nothing.
    """

    epochs: float
    deeper: Network
    wider: Network
    flops_ratio: float
    deeper_error: float
    wider_error: float
    noise: float

    @property
    def winner(self) -> Verdict:
        """What has the smaller error, where the difference is more than noise."""
        return verdict(self.deeper_error, self.wider_error, self.noise)

    def as_dict(self) -> dict[str, Any]:
        """Give all figures and the winner."""
        return {**asdict(self), "winner": self.winner}


def verdict(deeper_error: float, wider_error: float, noise: float) -> Verdict:
    """Call a difference within the noise a tie.

    >>> verdict(5.0, 7.0, noise=1.0), verdict(6.5, 7.0, noise=1.0)
    ('depth', 'tie')
    """
    if abs(deeper_error - wider_error) <= noise:
        return "tie"
    return "depth" if deeper_error < wider_error else "width"


def noise_of(deeper: Sequence[float], wider: Sequence[float], num_held_out: int) -> float:
    """Give the standard deviation of the difference of two mean errors, in per cent.

    The larger of what the seeds show, and of what as many held-out images can tell apart (the standard error of a
    difference of two shares).

    >>> round(noise_of([50.0], [50.0], num_held_out=200), 3)
    5.0
    """
    shares = [statistics.mean(errors) / 100 for errors in (deeper, wider)]
    of_images = 100 * math.sqrt(sum(share * (1 - share) for share in shares) / num_held_out)
    of_seeds = math.sqrt(sum(spread(errors) ** 2 / len(errors) for errors in (deeper, wider)))
    return max(of_images, of_seeds)


def compare_paths(
    axes: Axes, errors: Mapping[Point, Sequence[float]], flops: Flops, num_held_out: int
) -> list[Comparison]:
    """Compare depth with width for all epochs and resolutions, wherever both networks are trained and cost the same."""
    found = []
    for epochs in axes.epochs:
        for resolution in axes.resolutions:
            for deeper, wider, ratio in paths_at(axes, resolution).pairs(flops):
                deep, wide = (errors.get(Point(epochs, network), ()) for network in (deeper, wider))
                if not deep or not wide or max(ratio, 1 / ratio) > LARGEST_RATIO:
                    continue
                comparison = Comparison(
                    epochs=epochs,
                    deeper=deeper,
                    wider=wider,
                    flops_ratio=ratio,
                    deeper_error=statistics.mean(deep),
                    wider_error=statistics.mean(wide),
                    noise=noise_of(deep, wide, num_held_out),
                )
                found.append(comparison)
    return found

"""What became of a point of the grid."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rs_core.study.scaling.grid import Network, Point, flops_and_parameters, model_of
from rs_core.study.scaling.speed import Speeds
from rs_core.study.summary import spread


@dataclass(frozen=True, kw_only=True)
class Result:
    """A point with its costs and errors.

    Args:
        point: network and epochs.
        num_parameters: of the network.
        flops: of one image.
        step_ms: of a measured training step; nothing where none is measured.
        errors: on held-out images in per cent, one for each seed.
    """

    point: Point
    num_parameters: int
    flops: float
    step_ms: float | None
    errors: tuple[float, ...]

    @property
    def network(self) -> Network:
        """That was trained."""
        return self.point.network

    @property
    def error(self) -> float:
        """Mean over the seeds."""
        return statistics.mean(self.errors)

    @property
    def error_spread(self) -> float:
        """Standard deviation over the seeds, 0 of one."""
        return spread(self.errors)

    def as_dict(self) -> dict[str, Any]:
        """Give all figures in one flat mapping."""
        network = self.network
        return {
            "epochs": self.point.epochs,
            "resolution": network.resolution,
            "depth": network.depth,
            "width": network.width,
            "num_parameters": self.num_parameters,
            "flops": self.flops,
            "step_ms": self.step_ms,
            "errors": list(self.errors),
        }


def collect(errors: Mapping[Point, Sequence[float]], speeds: Speeds) -> list[Result]:
    """Put figures beside costs, in the order of epochs, resolution, depth and width."""
    return [
        Result(
            point=point,
            num_parameters=flops_and_parameters(model_of(point.network, speeds.model), point.network.resolution)[1],
            flops=speeds.flops[point.network],
            step_ms=speeds.step_milliseconds(point.network),
            errors=tuple(values),
        )
        for point, values in sorted(errors.items())
    ]

"""In which order the grid is run, so that whatever part of it fits a budget compares something."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rs_core.study.scaling.config import Axes
from rs_core.study.scaling.grid import Network, Point, Run

# The network that the paper scales from (its figure 3).
PAPER_WIDTH, PAPER_DEPTH = 1.0, 101

Flops = Mapping[Network, float]


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Two ways to scale one network at one resolution.

    Args:
        base: where both start.
        deeper: the same width, more layers, the shallowest first.
        wider: the same depth, more channels, the narrowest first.
    """

    base: Network
    deeper: tuple[Network, ...]
    wider: tuple[Network, ...]

    def pairs(self, flops: Flops) -> list["Pair"]:
        """Give each wider network with the deeper one whose cost is nearest, the best match first."""
        if not self.deeper:
            return []
        pairs = []
        for wide in self.wider:
            cost = flops[wide]
            deep = min(self.deeper, key=lambda network: abs(math.log(flops[network] / cost)))
            pairs.append(Pair(deep, wide, flops[deep] / cost))
        return sorted(pairs, key=lambda pair: abs(math.log(pair.flops_ratio)))


class Pair(NamedTuple):
    """A deeper and a wider network of about equal cost; ``flops_ratio`` is that of the deeper over the wider."""

    deeper: Network
    wider: Network
    flops_ratio: float


class Group(NamedTuple):
    """Runs that are worth something together."""

    name: str
    runs: tuple[Run, ...]


def paths_at(axes: Axes, resolution: int) -> Paths:
    """Give the ways to scale at a resolution, from the paper's start where the grid goes beyond it, else the smallest.

    >>> axes = Axes(widths=(0.5, 1.0, 2.0), depths=(50, 101, 200), resolutions=(160,), epochs=(10.0,))
    >>> [str(network) for network in paths_at(axes, 160).wider]
    ['depth 101, width 2, 160 px']
    """
    width = PAPER_WIDTH if PAPER_WIDTH in axes.widths[:-1] else axes.widths[0]
    depth = PAPER_DEPTH if PAPER_DEPTH in axes.depths[:-1] else axes.depths[0]
    return Paths(
        base=Network(resolution, depth, width),
        deeper=tuple(Network(resolution, d, width) for d in axes.depths if d > depth),
        wider=tuple(Network(resolution, depth, w) for w in axes.widths if w > width),
    )


def ordered_groups(axes: Axes, seeds: int, flops: Flops) -> list[Group]:
    """Give all runs: a comparison for each number of epochs and resolution, then both paths, then the rest of the grid.

    A comparison is the base with the deeper and the wider network that match best in cost. Each part has its cheapest
    first, and a further seed comes after all of the one before.
    """

    def cost(run: Run) -> float:
        return run.point.epochs * flops[run.point.network]

    groups = []
    for seed in range(seeds):
        comparisons, on_paths, rest = [], [], []
        for epochs in axes.epochs:
            for resolution in axes.resolutions:
                paths = paths_at(axes, resolution)
                pairs = paths.pairs(flops)
                compared = [paths.base, *(pairs[0][:2] if pairs else ())]
                later = [network for network in (*paths.deeper, *paths.wider) if network not in compared]
                name = f"comparison at {resolution} px, {epochs:g} epochs"
                comparisons.append(Group(name, tuple(Run(seed, Point(epochs, network)) for network in compared)))
                on_paths += [Run(seed, Point(epochs, network)) for network in later]
                known = {paths.base, *paths.deeper, *paths.wider}
                networks = (Network(resolution, d, w) for d in axes.depths for w in axes.widths)
                rest += [Run(seed, Point(epochs, network)) for network in networks if network not in known]
        groups += sorted(comparisons, key=lambda group: sum(map(cost, group.runs)))
        groups += [Group(str(run.point), (run,)) for part in (on_paths, rest) for run in sorted(part, key=cost)]
    return groups

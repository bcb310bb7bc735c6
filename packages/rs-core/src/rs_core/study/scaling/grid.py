"""What is trained: the networks of a grid, and the blocks and FLOPs of each."""

from dataclasses import dataclass, replace
from functools import cache

import torch

from rs_core.bench.cost import count_flops, count_parameters
from rs_core.errors import UserError
from rs_core.models import ResNetConfig, build_model
from rs_core.models.families import DEPTHS, SHALLOWEST_RS, blocks_for_depth

# One bottleneck a stage is ours, for laptops; 26 is the paper's, in bottlenecks as the rest of its study.
SHALLOW = {14: (1, 1, 1, 1), 26: DEPTHS[26][1]}
ONE_MORE = ((2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2))


@dataclass(frozen=True, order=True)
class Network:
    """A network of the grid.

    Args:
        resolution: pixels a side of its images.
        depth: counted layers.
        width: multiplies all channels.
    """

    resolution: int
    depth: int
    width: float

    def __str__(self) -> str:
        return f"depth {self.depth}, width {self.width:g}, {self.resolution} px"

    @property
    def tag(self) -> str:
        """A name for files."""
        return f"d{self.depth}_w{self.width:g}_i{self.resolution}"


@dataclass(frozen=True, order=True)
class Point:
    """A network of the grid, trained for so many epochs."""

    epochs: float
    network: Network

    def __str__(self) -> str:
        return f"{self.network}, {self.epochs:g} epochs"


@dataclass(frozen=True, order=True)
class Run:
    """A point of the grid with a seed."""

    seed: int
    point: Point


def blocks_of(depth: int) -> tuple[int, int, int, int]:
    """Give the bottlenecks of each stage for 14 and 26 layers, and for any number from 50 on.

    >>> blocks_of(14), blocks_of(101)
    ((1, 1, 1, 1), (3, 4, 23, 3))

    Raises:
        UserError: another depth, with the nearest known ones.
    """
    if depth in SHALLOW:
        return SHALLOW[depth]
    if depth < SHALLOWEST_RS:
        nearest = min((*SHALLOW, SHALLOWEST_RS), key=lambda known: abs(known - depth))
        known = ", ".join(map(str, SHALLOW))
        raise UserError(f"depth {depth} (did you mean {nearest}?): choose {known}, or any from {SHALLOWEST_RS} on")
    return blocks_for_depth(depth)


def model_of(network: Network, model: ResNetConfig) -> ResNetConfig:
    """Give ``model`` with the depth and width of a network of the grid."""
    return replace(model, block="bottleneck", blocks=blocks_of(network.depth), width_multiplier=network.width)


def flops_and_parameters(model: ResNetConfig, resolution: int) -> tuple[int, int]:
    """Count FLOPs of one image, two for each multiply-accumulate, and parameters.

    All blocks of a stage but its first are alike, so that networks with one and with two of each tell the rest: a grid
    is counted in seconds.
    """
    plain = replace(model, blocks=SHALLOW[14], dropout=0.0, drop_path_rate=0.0)
    first_flops, first_parameters = flops, parameters = count(plain, resolution)
    for num_blocks, with_one_more in zip(model.blocks, ONE_MORE, strict=True):
        if num_blocks > 1:
            more_flops, more_parameters = count(replace(plain, blocks=with_one_more), resolution)
            flops += (num_blocks - 1) * (more_flops - first_flops)
            parameters += (num_blocks - 1) * (more_parameters - first_parameters)
    return flops, parameters


@cache
def count(model: ResNetConfig, resolution: int) -> tuple[int, int]:
    """Count FLOPs and parameters of a network that is built without memory."""
    with torch.device("meta"):
        network = build_model(model)
    return count_flops(network, resolution), count_parameters(network)

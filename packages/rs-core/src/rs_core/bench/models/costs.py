"""What a row costs by counting, whatever machine it runs on."""

from dataclasses import dataclass

import torch

from rs_core.bench.cost import count_activations, count_flops, count_parameters
from rs_core.bench.models.networks import build_network
from rs_core.bench.models.rows import Row


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Counts for one image.

    Args:
        parameters: of the network, for 1000 classes.
        flops: two for each multiply-accumulate of convolutions and linear layers, as the paper counts.
        activations: elements of the outputs of convolutions.
    """

    parameters: int
    flops: int
    activations: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates, which other papers call FLOPs."""
        return self.flops // 2


def count_costs(row: Row) -> Costs:
    """Count a row, without memory for its weights.

    >>> count_costs(Row("resnet_rs_50", 160))
    Costs(parameters=35691912, flops=4557258752, activations=6182400)
    """
    with torch.device("meta"):
        network = build_network(row)
    return Costs(
        parameters=count_parameters(network),
        flops=count_flops(network, row.resolution),
        activations=count_activations(network, row.resolution),
    )

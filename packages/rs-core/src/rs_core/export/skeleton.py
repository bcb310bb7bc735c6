"""A network without memory for its weights: what a description alone can tell, however large it claims to be."""

import torch

from rs_core.errors import UserError
from rs_core.models import NetworkConfig, ResidualNetwork, build_model

# Several times the largest networks published. Each block takes milliseconds to build even without memory.
MOST_BLOCKS = 1000
MOST_WEIGHTS = 2**32


def skeleton(config: NetworkConfig) -> ResidualNetwork:
    """Build a network on the meta device.

    Raises:
        UserError: over a thousand blocks or four billion weights.
    """
    if sum(config.blocks) > MOST_BLOCKS:
        raise UserError(f"blocks={config.blocks}: give at most {MOST_BLOCKS} blocks in all")
    too_large = UserError(f"a network of more than {MOST_WEIGHTS:.1e} weights: describe a smaller one")
    try:
        with torch.device("meta"):
            network = build_model(config)
    except (RuntimeError, TypeError):  # sizes past 64 bits
        raise too_large from None
    if sum(parameter.numel() for parameter in network.parameters()) > MOST_WEIGHTS:
        raise too_large
    return network

"""The networks of the rows: ours, and timm's EfficientNets."""

from torch import nn

from rs_core.bench.models.rows import EFFICIENTNETS, EFFICIENTNETS_RS, Row
from rs_core.models import create_model


def build_network(row: Row) -> nn.Module:
    """Build the network of a row, for 1000 classes, with random weights and neither dropout nor stochastic depth.

    Raises:
        ModuleNotFoundError: timm, which has the EfficientNets, is not installed.
        UserError: an unknown model.
    """
    if row.model not in (*EFFICIENTNETS, *EFFICIENTNETS_RS):
        return create_model(row.model)
    import timm  # noqa: PLC0415  # the other rows need torch alone

    # EfficientNet-RS is the same network (Bello et al. 2021), trained and used at a lower resolution.
    network: nn.Module = timm.create_model(row.model.replace("_rs_", "_"))
    return network

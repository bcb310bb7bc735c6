"""The check that every foreign layout passes before a single tensor is taken from it."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from rs_core.errors import UserError

MOST_NAMES_SHOWN = 5


def check_shapes(
    found: Mapping[str, Sequence[int]], wanted: Mapping[str, Sequence[int]], *, source: str, network: str = ""
) -> None:
    """Refuse a set of named shapes that is not exactly the wanted one.

    Args:
        found: shapes that are there.
        wanted: shapes that must be there.
        source: what the error calls those that are there.
        network: what was recognised in them; empty where the caller chose the network.

    Raises:
        UserError: naming what is missing, what is extra and what has another shape.
    """
    problems = {
        "missing": [name for name in wanted if name not in found],
        "extra": [name for name in found if name not in wanted],
        "misshapen": [
            f"{name} {list(found[name])} instead of {list(shape)}"
            for name, shape in wanted.items()
            if name in found and list(found[name]) != list(shape)
        ],
    }
    said = "; ".join(f"{len(names)} {kind}: {shortened(names)}" for kind, names in problems.items() if names)
    if said and network:
        raise UserError(f"{source} look like {network} but do not fit it ({said}); copy the file again or give another")
    if said:
        raise UserError(f"{source} do not fit this model ({said}); build the model that they were saved from")


def shortened(names: list[str]) -> str:
    """Join names, the first few of many."""
    more = len(names) - MOST_NAMES_SHOWN
    return ", ".join(names[:MOST_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], source: str) -> None:
    """Load all weights or none.

    Raises:
        UserError: tensors missing, extra or of another shape, named.
    """
    found, wanted = ({name: tensor.shape for name, tensor in t.items()} for t in (weights, model.state_dict()))
    check_shapes(found, wanted, source=f"the weights in {source}")
    model.load_state_dict(weights)

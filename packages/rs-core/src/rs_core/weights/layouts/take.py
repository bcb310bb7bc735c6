"""From the named tensors of a foreign layout to a complete state dict of ours, all or nothing."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from rs_core.weights.check import check_shapes
from rs_core.weights.files import TensorFile

COUNTER = ".num_batches_tracked"

Shapes = Mapping[str, Sequence[int]]


def shapes_of(tensors: Mapping[str, Tensor]) -> Shapes:
    """Give the shapes of named tensors; those of a file are known without reading them."""
    return tensors.shapes if isinstance(tensors, TensorFile) else {name: t.shape for name, t in tensors.items()}


def take(
    tensors: Mapping[str, Tensor],
    names: Mapping[str, str],
    ours: Mapping[str, Tensor],
    *,
    found: Shapes,
    their_shape: Callable[[str, Tensor], Sequence[int]],
    turn: Callable[[Tensor], Tensor],
    source: str,
    network: str = "",
) -> dict[str, Tensor]:
    """Check all shapes (:func:`check_foreign`), then take all tensors (:func:`take_checked`).

    Raises:
        UserError: missing, extra or misshapen tensors, by their names.
    """
    check_foreign(names, ours, found=found, their_shape=their_shape, source=source, network=network)
    return take_checked(tensors, names, ours, turn=turn)


def check_foreign(
    names: Mapping[str, str],
    ours: Mapping[str, Tensor],
    *,
    found: Shapes,
    their_shape: Callable[[str, Tensor], Sequence[int]],
    source: str,
    network: str = "",
) -> None:
    """Check that the foreign tensors are exactly those of our state dict; no tensor is read.

    Args:
        names: their name for each of our keys.
        ours: our state dict, for its shapes; it may be on the meta device.
        found: shapes of the foreign tensors that must all be used.
        their_shape: gives their shape of one of our keys and tensors.
        source: what an error calls the tensors.
        network: what was recognised in them; empty where the caller chose the network.

    Raises:
        UserError: missing, extra or misshapen tensors, by their names.
    """
    wanted = {name: their_shape(key, ours[key]) for key, name in names.items()}
    check_shapes(found, wanted, source=source, network=network)


def take_checked(
    tensors: Mapping[str, Tensor],
    names: Mapping[str, str],
    ours: Mapping[str, Tensor],
    *,
    turn: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    """Take tensors whose shapes are checked; counters of batches that have no name start at zero.

    ``turn`` turns one of their tensors to our order of axes.
    """
    weights = {key: turn(tensors[name]).reshape(ours[key].shape) for key, name in names.items()}
    counters = [key for key in ours if key.endswith(COUNTER) and key not in names]
    return weights | {key: torch.zeros_like(ours[key], device="cpu") for key in counters}


def to_torch(tensor: Tensor) -> Tensor:
    """Turn TensorFlow's order of axes to PyTorch's: output channels first, then input channels.

    ``[in, out]``, HWIO and THWIO become ``[out, in]``, OIHW and OITHW; vectors and scalars stay.
    """
    if tensor.ndim < 2:
        return tensor
    return tensor.permute(-1, -2, *range(tensor.ndim - 2)).contiguous()

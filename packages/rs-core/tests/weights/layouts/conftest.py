"""Files of weights for the tests of every layout, without writing any."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from torch import Tensor

from rs_core.weights.files import TensorFile


def tensor_file(tensors: Mapping[str, Tensor], path: str = "somewhere/weights") -> TensorFile:
    """Present tensors in memory as an opened file."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    return TensorFile(Path(path), shapes, tensors.__getitem__)


@pytest.fixture
def as_file() -> Callable[..., TensorFile]:
    """Present tensors in memory as an opened file."""
    return tensor_file


@pytest.fixture
def unread_file() -> Callable[..., TensorFile]:
    """Present shapes as a file whose tensors must not be read."""

    def fail(name: str) -> Tensor:
        raise AssertionError(f"{name} was read")

    return lambda shapes, path="somewhere/weights": TensorFile(Path(path), dict(shapes), fail)

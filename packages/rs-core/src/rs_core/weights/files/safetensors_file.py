"""Files of safetensors."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from rs_core.errors import UserError
from rs_core.weights.files.tensor_file import TensorFile


def open_safetensors(path: Path) -> TensorFile:
    """Open a .safetensors file; the metadata are those of the file.

    Raises:
        UserError: cut off or damaged.
    """
    try:
        file: Any = safe_open(path, framework="pt")
        metadata: dict[str, str] | None = file.metadata()
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # no dict
    except SafetensorError as error:
        raise damaged(path, error) from None

    def read(name: str) -> Tensor:
        try:
            tensor: Tensor = file.get_tensor(name)
        except SafetensorError as error:
            raise damaged(path, error) from None
        return tensor

    return TensorFile(path, shapes, read, metadata)


def damaged(path: Path, error: SafetensorError) -> UserError:
    """Say that a file cannot be read, and why."""
    return UserError(f"{path}: not a readable safetensors file ({error}); copy it again")

"""Named tensors in a file, whatever its format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from torch import Tensor


class TensorFile(Mapping[str, Tensor]):
    """A read-only mapping from names to CPU tensors. Only the tensors that are asked for are read.

    Do not write to the tensors: some formats give the same memory to all who ask.

    >>> import torch
    >>> weights = {"fc.bias": torch.zeros(3)}
    >>> file = TensorFile(Path("weights.pt"), {"fc.bias": (3,)}, weights.__getitem__)
    >>> file.shapes
    {'fc.bias': (3,)}

    Args:
        path: the file, or the prefix of a TensorFlow checkpoint.
        shapes: shape of every tensor by name, in the order of the file.
        read: gives the tensor of a name in ``shapes``; raises UserError where the file is damaged.
        metadata: what the file says about itself, and what opening it decided. ``not_read`` lists entries that are
            no tensors of numbers.
    """

    def __init__(
        self,
        path: Path,
        shapes: dict[str, tuple[int, ...]],
        read: Callable[[str], Tensor],
        metadata: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.shapes = shapes
        self.metadata = metadata or {}
        self._read = read

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.shapes:
            raise KeyError(name)
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        return name in self.shapes  # Mapping's own would read the tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    def __repr__(self) -> str:
        return f"TensorFile({str(self.path)!r}, {len(self)} tensors)"

"""What a foreign layout is: names and shapes that it knows, and how they become a network of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from rs_core.data.preprocessing import Preprocessing
from rs_core.models.config import NetworkConfig
from rs_core.weights.files.tensor_file import TensorFile


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a caller may choose about an import.

    ``ema``: take the weight average where the file holds one. ``resolution``: pixels a side of the input, 0 for
    what the file's name or else the architecture's published row says.
    """

    ema: bool = True
    resolution: int = 0


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a layout found in a file.

    Args:
        config: the network, complete.
        weights: its state dict, complete.
        architecture: the row of the table, such as ``resnet_rs_50``, or one and how the network differs from it.
        preprocessing: how images reach the network.
        averaged: whether the weights are the average that training kept.
        passed_over: number of tensors that were not used, by kind, such as ``{"momentum": 161}``.
        notes: what the user should know, a sentence each.
        class_names: names of the labels, empty where the source has none.
    """

    config: NetworkConfig
    weights: dict[str, Tensor]
    architecture: str
    preprocessing: Preprocessing
    averaged: bool = False
    passed_over: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()


class Layout(Protocol):
    """One way to name and shape the tensors of a residual network."""

    @property
    def name(self) -> str:
        """What ``load_pretrained(layout=…)`` calls it."""

    def recognizes(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        Raises:
            UserError: naming what does not fit. Nothing is loaded.
        """

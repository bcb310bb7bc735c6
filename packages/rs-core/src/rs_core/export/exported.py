"""An exported network, checked: what loading gives whatever the format."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from rs_core.atomic import write_atomically
from rs_core.errors import UserError
from rs_core.export.description import ExportDescription, Kind
from rs_core.export.probe import probe_images


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """A network in a file, on the CPU: float32 images in, float32 logits out.

    Args:
        path: the file.
        about: what the file says of itself.
        network: what runs: images ``[N, *about.contract.input_shape]`` to logits ``[N, num_classes]``.
        difference: largest difference between its logits and the original's on the probe, over their spread.
    """

    path: Path
    about: ExportDescription
    network: Callable[[Tensor], Tensor]
    difference: float

    @property
    def kind(self) -> Kind:
        """The format: ``program``, ``onnx`` or ``fused``."""
        return self.about.contract.kind

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Map normalised images ``[N, C, H, W]``, or clips ``[N, C, T, H, W]``, to logits ``[N, num_classes]``.

        Raises:
            UserError: images of another shape or type than the file takes.
        """
        self.check(images)
        return self.network(images)

    def check(self, images: Tensor) -> None:
        """Refuse what the network does not take.

        Raises:
            UserError: saying what it takes.
        """
        *fixed, height, width = self.about.contract.input_shape
        step = self.about.contract.size_step
        size = images.shape[-2:]
        fits = all(side % step == 0 and side >= 2 * step for side in size) if step else size == (height, width)
        if images.dtype != torch.float32 or images.shape[1:-2] != tuple(fixed) or not fits:
            sides = {0: f"{height} x {width} pixels", 1: "any height and width"}
            multiples = f"height and width multiples of {step} from {2 * step} up"
            raise UserError(
                f"{self.path}: takes float32 [N, {', '.join(map(str, fixed))}, height, width] with "
                f"{sides.get(step, multiples)}, not {str(images.dtype).removeprefix('torch.')} {list(images.shape)}"
            )


def verified(path: Path, about: ExportDescription, network: Callable[[Tensor], Tensor]) -> ExportedModel:
    """Ask the probe's question of a network just loaded, and give it to the user if it answers as the original did.

    Raises:
        UserError: it does not.
    """
    probe = about.contract.probe
    with torch.no_grad():
        difference = probe.difference(network(probe_images(about.contract.input_shape)))
    if not difference <= probe.bound:  # not a number is refused, too
        raise UserError(
            f"{path}: not the network that was exported: its logits are off by {difference:.2g} of their spread, "
            f"and rounding explains {probe.bound:.2g}; export the model again"
        )
    return ExportedModel(path=path, about=about, network=network, difference=difference)


def write_checked(
    path: Path, write: Callable[[BinaryIO], object], load: Callable[[Path], ExportedModel]
) -> ExportedModel:
    """Write a file under a temporary name, load it, which checks it, and give it its own name only then.

    Raises:
        UserError: it cannot be written, or it answers otherwise than the original; ``path`` is as it was.
    """
    checked: list[ExportedModel] = []

    def write_and_load(file: BinaryIO) -> None:
        write(file)
        file.flush()
        temporary = Path(file.name)
        try:
            checked.append(load(temporary))
        except UserError as error:
            raise UserError(f"{path} is not written: {str(error).removeprefix(f'{temporary}: ')}") from error

    write_atomically(path, write_and_load)
    return dataclasses.replace(checked[0], path=path)

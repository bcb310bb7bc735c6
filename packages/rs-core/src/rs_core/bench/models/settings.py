"""The ways in which a row can be measured."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from rs_core.bench.models.rows import Row
from rs_core.compiler import missing_compiler
from rs_core.errors import UserError
from rs_core.train.precision import resolve_device

Mode = Literal["training", "inference"]
Precision = Literal["float32", "tf32", "bfloat16", "float16"]
MemoryFormat = Literal["contiguous", "channels_last"]

# The nominal batch of the paper's latencies; a CPU would take minutes for each.
BATCH_SIZE = {"cuda": 128, "cpu": 16}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a row is measured.

    Args:
        mode: a training step (forward, cross-entropy, backward, SGD with Nesterov momentum) or a forward pass.
        device: ``cpu``, ``cuda`` or ``cuda:1``.
        precision: of convolutions and matrix products, by autocast; ``tf32`` is float32 with the shorter
            mantissa of CUDA's tensor cores, which ``float32`` here is not.
        memory_format: of weights and images.
        compiled: whether by ``torch.compile``.
    """

    mode: Mode
    device: str
    precision: Precision
    memory_format: MemoryFormat
    compiled: bool

    def __str__(self) -> str:
        way = "compiled" if self.compiled else "eager"
        return f"{self.mode} {self.device} {self.precision} {self.memory_format} {way}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row in one setting, with the batch size to begin with."""

    row: Row
    setting: Setting
    batch_size: int


def all_settings(
    *,
    modes: Sequence[Mode],
    devices: Sequence[str],
    precisions: Sequence[Precision],
    memory_formats: Sequence[MemoryFormat],
    compiled: Sequence[bool],
) -> list[Setting]:
    """Give every combination.

    Raises:
        UserError: a device that is not there, tf32 without CUDA, or compilation without a compiler.
    """
    settings = []
    for name, mode, precision, memory_format, compiling in itertools.product(
        devices, modes, precisions, memory_formats, compiled
    ):
        device = resolve_device(name)
        check(device, precision, compiled=compiling)
        settings.append(
            Setting(mode=mode, device=str(device), precision=precision, memory_format=memory_format, compiled=compiling)
        )
    return list(dict.fromkeys(settings))


def check(device: torch.device, precision: Precision, *, compiled: bool) -> None:
    """Refuse what cannot be measured on a device.

    Raises:
        UserError: tf32 without CUDA, or compilation without a compiler.
    """
    if precision == "tf32" and device.type != "cuda":
        raise UserError(f"--precision tf32: {device} has none; choose float32, bfloat16 or float16")
    missing = missing_compiler(device) if compiled else None
    if missing:
        raise UserError(f"--compile on: {missing}; install it, or measure with --compile off")


def lines_of(rows: Sequence[Row], settings: Sequence[Setting], batch_size: int) -> list[Line]:
    """Give all rows in all settings; batch size 0 is that of the device, ``BATCH_SIZE``."""
    return [
        Line(row=row, setting=setting, batch_size=batch_size or BATCH_SIZE[torch.device(setting.device).type])
        for setting in settings
        for row in rows
    ]

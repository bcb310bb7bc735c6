"""Which arithmetic a device trains in."""

import platform
import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NamedTuple

import torch

from rs_core.errors import UserError
from rs_core.memory import keep_freed_memory
from rs_core.train.ranks import from_launcher

Precision = Literal["auto", "bfloat16", "float16", "float32"]


class Machine(NamedTuple):
    """A device and the arithmetic of its convolutions and matrix products."""

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[Any]:
        """Run convolutions and matrix products in ``dtype``; nothing to do for float32."""
        return nullcontext() if self.dtype == torch.float32 else torch.autocast(self.device.type, self.dtype)

    def __str__(self) -> str:
        return f"{self.device}, {str(self.dtype).removeprefix('torch.')}"


def resolve_machine(device: str, precision: Precision) -> Machine:
    """Choose device and arithmetic by name; ``auto`` is the best there is. To compute on a CPU, freed memory is kept.

    Raises:
        UserError: an unknown device, or one that is not here.
    """
    resolved = resolve_device(device)
    if resolved.type == "cpu":
        keep_freed_memory()
    return Machine(resolved, resolve_dtype(precision, resolved))


def resolve_device(name: str) -> torch.device:
    """Turn ``auto`` into CUDA where there is one, else CPU; refuse a device that is not there.

    Where ``torchrun`` started several processes on this machine, each takes the CUDA device of its own number.

    Raises:
        UserError: an unknown device, or CUDA asked for and absent.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and from_launcher("LOCAL_WORLD_SIZE", 1) > 1:
        name = f"cuda:{from_launcher('LOCAL_RANK', 0)}"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError(f"device={name!r} is no device: choose auto, cpu, cuda or cuda:0")
    device = torch.device(name)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= count:
        raise UserError(f"device={name!r}: PyTorch sees {count or 'no'} CUDA devices here; use another, or cpu")
    return device


def resolve_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """Turn ``auto`` into bfloat16 where the device computes in it, else float32."""
    if precision != "auto":
        dtype: torch.dtype = getattr(torch, precision)
        return dtype
    return torch.bfloat16 if has_native_bfloat16(device) else torch.float32


def has_native_bfloat16(device: torch.device) -> bool:
    """Tell whether bfloat16 runs in hardware; emulation is slower than float32, on CPUs nearly three times."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    # On x86, oneDNN takes bfloat16 from AVX-512 on, and emulates it where only that is there.
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    return not is_x86 or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()

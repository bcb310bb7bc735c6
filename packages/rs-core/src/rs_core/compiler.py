"""Whether this machine can compile networks."""

import sysconfig
from pathlib import Path

import torch
from torch._inductor.cpp_builder import get_cpp_compiler
from torch._inductor.exc import InvalidCxxCompiler
from torch.utils._triton import has_triton


def missing_compiler(device: torch.device) -> str | None:
    """Say what ``torch.compile`` lacks for this device, or ``None``."""
    if device.type == "cuda":
        return None if has_triton() else "triton is not installed"
    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return "no C++ compiler is installed"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "Python's headers (python3-dev) are not installed"
    return None

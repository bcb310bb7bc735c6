"""Whether this machine can compile networks."""

import sysconfig
from pathlib import Path

import torch


def missing_compiler(device: torch.device) -> str | None:
    """Say what ``torch.compile`` lacks for this device, or ``None``."""
    # Importing what knows takes longer than importing torch.
    if device.type == "cuda":
        from torch.utils._triton import has_triton  # noqa: PLC0415

        return None if has_triton() else "triton is not installed"
    from torch._inductor.cpp_builder import get_cpp_compiler  # noqa: PLC0415
    from torch._inductor.exc import InvalidCxxCompiler  # noqa: PLC0415

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return "no C++ compiler is installed"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "Python's headers (python3-dev) are not installed"
    return None

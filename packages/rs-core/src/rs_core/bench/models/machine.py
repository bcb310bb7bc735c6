"""What a reader must know about a machine to judge times that were measured on it."""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from rs_core.bench.models.settings import Setting
from rs_core.cores import num_cores

CPUINFO = Path("/proc/cpuinfo")


def describe_machine(settings: Sequence[Setting], num_threads: int) -> dict[str, str | int]:
    """Name the processor, the devices that the settings use, and the versions of what computes.

    >>> describe_machine([], 1)["threads"]
    1
    """
    machine: dict[str, str | int] = {
        "processor": processor(),
        "cores": num_cores(),
        "threads": num_threads or torch.get_num_threads(),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
    }
    for name in dict.fromkeys(setting.device for setting in settings):
        if name.startswith("cuda"):
            machine[name] = torch.cuda.get_device_name(name)
            machine["cuda_version"] = str(torch.version.cuda)
    try:
        machine["timm"] = version("timm")
    except PackageNotFoundError:
        machine["timm"] = "not installed"
    return machine


def processor() -> str:
    """Name the processor."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())

"""What every benchmark writes down: the machine, the settings, the rows, in a file that names the hardware."""

import json
import os
import platform
import re
from pathlib import Path
from typing import Any

import torch

BRANDS = re.compile(r"\((r|tm)\)")


def describe_hardware(**more: Any) -> dict[str, Any]:
    """Give what a reader needs to judge the numbers, with ``more`` such as versions of the peers."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        **more,
    }


def cpu_model() -> str:
    """Name the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def write_record(script: str, hardware: dict[str, Any], settings: dict[str, Any], rows: Any) -> Path:
    """Write ``<script>_<hardware>.json`` beside the scripts and give its path."""
    name = hardware.get("gpu") or f"{hardware['cpu']} {hardware['threads']} threads"
    slug = re.sub(r"[^a-z0-9]+", "-", BRANDS.sub("", name.lower())).strip("-")
    path = Path(__file__).with_name(f"{Path(script).stem}_{slug}.json")
    path.write_text(json.dumps({"hardware": hardware, "settings": settings, "rows": rows}, indent=2) + "\n")
    return path

"""How much memory a step takes at most."""

import re
import resource
import sys
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")


class PeakMemory:
    """Watches the memory of this process from its making on: what CUDA allocates, or what is resident on a CPU.

    What was resident before, such as PyTorch itself, is left out.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.before = 0 if device.type == "cuda" else resident_peak()

    def num_bytes(self) -> int:
        """Give the most that was in use at once until now."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        return resident_peak() - self.before


def resident_peak() -> int:
    """Give the most bytes of this process that were resident at once.

    Linux counts them for each program; its ``getrusage`` begins with the peak of the process that started this one.
    """
    peak = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text()) if STATUS.is_file() else None
    if peak:
        return 1024 * int(peak[1])
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else 1024 * usage

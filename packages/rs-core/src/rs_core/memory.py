"""Memory of the C library, which PyTorch takes its CPU tensors from."""

import ctypes
import platform

# malloc.h of glibc.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
NEVER = -1


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed for the next request, for the rest of this process; tells whether it can.

    glibc gives blocks of 32 MB and more back to the system and asks for them anew, pass after pass, and the system
    clears every page: a training step of ResNet-RS-50 on a CPU spends a sixth of its time on that. In exchange, the
    process has up to an eighth more memory at its peak and stays there (benchmarks/freed_memory.py). Other C libraries
    are left as they are.

    >>> keep_freed_memory() == (platform.libc_ver()[0] == "glibc")
    True
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, NEVER))

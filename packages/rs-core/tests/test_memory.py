"""Memory that is freed stays with the process, so that passes over large tensors cost no page faults."""

import platform
import subprocess
import sys

import pytest

BYTES_PER_PAGE = 4096
LARGE = 64 * 2**20

# A process that has been told to keep memory does so to its end, so another one than that of the tests.
COUNT_FAULTS = f"""
import resource, torch
from rs_core.memory import keep_freed_memory

def fill_and_free(times):
    for _ in range(times):
        torch.ones({LARGE // 4})

keep_freed_memory()
fill_and_free(10)  # until freed neighbours have grown together to blocks that fit
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill_and_free(10)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep")
def test_a_large_tensor_takes_the_place_of_one_before():
    done = subprocess.run([sys.executable, "-c", COUNT_FAULTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < LARGE / BYTES_PER_PAGE / 4

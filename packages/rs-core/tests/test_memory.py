"""Memory that is freed stays with the process, so that passes over large tensors cost no page faults."""

import platform
import resource
from multiprocessing import get_context

import pytest
import torch

from rs_core.memory import keep_freed_memory

BYTES_PER_PAGE = 4096
LARGE = 64 * 2**20
PASSES = 10


def faults_of_a_pass() -> float:
    """Fill and free a large tensor again and again; count the page faults of one pass."""
    keep_freed_memory()
    for _ in range(PASSES):  # until freed neighbours have grown together to blocks that fit
        torch.ones(LARGE // 4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(PASSES):
        torch.ones(LARGE // 4)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / PASSES


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep")
def test_a_large_tensor_takes_the_place_of_one_before():
    with get_context("spawn").Pool(1) as process:
        assert process.apply(faults_of_a_pass) < LARGE / BYTES_PER_PAGE / 4

"""One round of a line: warm up, then time blocks of steps. It runs in a process of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from rs_core.bench.models.peak_memory import PeakMemory
from rs_core.bench.models.settings import Line
from rs_core.bench.models.step import Step, build_step
from rs_core.memory import keep_freed_memory

# The first step compiles and chooses kernels, and the second still allocates; clocks and caches take a while longer.
WARM_UP_SHARE = 0.1

NUM_BLOCKS, FEWEST_BLOCKS = 20, 2


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one process measured.

    Args:
        block_seconds: of a step, on average over each block of consecutive steps, in order.
        steps_per_block: how many that are.
        warm_up_seconds: of building and of the steps that do not count, compilation among them.
        peak_memory_bytes: allocated on a CUDA device, or resident in the process, warm-up included.
    """

    block_seconds: tuple[float, ...]
    steps_per_block: int
    warm_up_seconds: float
    peak_memory_bytes: int


def measure_round(line: Line, seconds: float, num_threads: int) -> Round:
    """Measure a line for about so long after a warm-up, on so many threads of the processor (0: as many as usual)."""
    if num_threads:
        torch.set_num_threads(num_threads)
    device = torch.device(line.setting.device)
    if device.type == "cpu":
        keep_freed_memory()  # as training does
    wait = synchronizer(device)
    memory = PeakMemory(device)
    start = time.perf_counter()
    step = build_step(line)
    timed(step, 1, wait)
    step_seconds = timed(step, 1, wait)
    warm = time.perf_counter() + WARM_UP_SHARE * seconds
    while time.perf_counter() < warm:
        step_seconds = timed(step, 1, wait)
    warm_up_seconds = time.perf_counter() - start

    steps_per_block = max(1, int(seconds / NUM_BLOCKS / step_seconds))
    blocks: list[float] = []
    end = time.perf_counter() + seconds
    while len(blocks) < FEWEST_BLOCKS or time.perf_counter() < end:
        blocks.append(timed(step, steps_per_block, wait))
    return Round(
        block_seconds=tuple(blocks),
        steps_per_block=steps_per_block,
        warm_up_seconds=warm_up_seconds,
        peak_memory_bytes=memory.num_bytes(),
    )


def timed(step: Step, num_steps: int, wait: Callable[[], None]) -> float:
    """Give the seconds of a step, on average over some that follow each other without a pause, as in training."""
    start = time.perf_counter()
    for _ in range(num_steps):
        step()
    wait()
    return (time.perf_counter() - start) / num_steps


def synchronizer(device: torch.device) -> Callable[[], None]:
    """Give what waits until a device has done all that it was asked."""
    return (lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else (lambda: None)

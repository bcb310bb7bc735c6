"""Work in several processes, with results in order and only a few of them waiting."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from rs_core.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


def num_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_order(function: Callable[[Item], Result], items: Iterable[Item], num_workers: int) -> Iterator[Result]:
    """Yield ``function(item)`` of each item in order; with one worker in this process.

    The first exception ends the work. At most four results a worker are finished or under way at a time.

    Raises:
        UserError: a process was killed, by the system for want of memory for example.
    """
    if num_workers <= 1:
        yield from map(function, items)
        return
    # Started anew, not forked: whoever calls may have threads, and copies of their locks would stay locked.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, mp_context=context, initializer=_leave_interrupts_to_the_caller)
    rest = iter(items)
    try:
        pending: deque[Future[Result]] = deque(pool.submit(function, item) for item in islice(rest, 4 * num_workers))
        while pending:
            result = pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(rest, 1))
            yield result
    except BrokenProcessPool as error:
        raise UserError("a worker process was killed, perhaps for want of memory; give fewer --workers") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_the_caller() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

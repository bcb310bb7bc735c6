"""Work in several processes, with results in order and only a few of them waiting."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from rs_core.errors import UserError

Item = TypeVar("Item")
Shared = TypeVar("Shared")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item], num_workers: int
) -> Iterator[Result]:
    """Yield ``function(shared, item)`` of each item in order; with one worker in this process.

    ``shared`` is sent to each process once. The first exception ends the work. At most four results a worker are
    finished or under way at a time.

    Raises:
        UserError: a process was killed, by the system for want of memory for example.
    """
    if num_workers <= 1:
        yield from (function(shared, item) for item in items)
        return
    # Started anew, not forked: whoever calls may have threads, and copies of their locks would stay locked.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, mp_context=context, initializer=_start_worker, initargs=(shared,))
    others = set(multiprocessing.active_children())
    rest = iter(items)
    pending: deque[Future[Result]] = deque()
    try:
        pending.extend(pool.submit(_call, function, item) for item in islice(rest, 4 * num_workers))
        while pending:
            result = pending[0].result()
            yield result
            pending.popleft()
            pending.extend(pool.submit(_call, function, item) for item in islice(rest, 1))
    except BrokenProcessPool as error:
        raise UserError("a worker process was killed, perhaps for want of memory; give fewer --workers") from error
    finally:
        if pending:
            # Given up half-way. What is under way may take minutes, and is whole or absent at any moment.
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


_in_this_worker: list[Any] = []


def _start_worker(shared: object) -> None:
    # Interrupts are left to the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _in_this_worker.append(shared)


def _call(function: Callable[[Any, Any], Any], item: object) -> Any:
    return function(_in_this_worker[0], item)

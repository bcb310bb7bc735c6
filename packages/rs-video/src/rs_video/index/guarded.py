"""Work in processes of its own, each item of which may hang or crash without taking the rest with it.

A damaged video can make a decoder loop or fault, and PyAV in a process makes its later forks hang. So the work is done
in programs started anew, one item at a time, and one that dies or takes too long is replaced. They do not import the
caller's main script, as ``multiprocessing`` would: a plain script without a guard may call this.
"""

from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from time import monotonic
from typing import TypeVar

from rs_video.index.guarded_process import Ended, Failure, GuardedProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

# The longest wait; longer ones overflow on some systems.
LONGEST_WAIT_S = 3600.0


def guarded(
    function: Callable[[Item], Result], items: Iterable[Item], *, num_workers: int, time_limit_s: float
) -> Iterator[tuple[Item, Result | Failure]]:
    """Yield each item with ``function(item)`` or why there is none, in the order in which they end.

    An ``UnreadableSample`` that the function raises is a lasting failure of its item; any other error ends the work.

    Args:
        function: importable by name, or a partial of such a one; what it takes and returns can be pickled.
        items: of the work.
        num_workers: processes, at least 1.
        time_limit_s: for one item.

    Raises:
        UserError: the function raised it.
        RuntimeError: the function raised something else, whose traceback is the text.
    """
    processes: list[GuardedProcess[Item, Result]] = []
    try:
        for item in items:
            if all(process.busy for process in processes) and len(processes) < num_workers:
                processes.append(GuardedProcess(function, time_limit_s))
            while all(process.busy for process in processes):
                yield from _ended(processes)
            next(process for process in processes if not process.busy).start(item)
        while any(process.busy for process in processes):
            yield from _ended(processes)
    finally:
        for process in processes:
            process.end()


def _ended(processes: list[GuardedProcess[Item, Result]]) -> list[Ended[Item, Result]]:
    """Wait until some items have ended, or until the next time limit, and give those that have."""
    busy = [process for process in processes if process.busy]
    seconds = min(process.deadline for process in busy) - monotonic()
    told = wait([process.connection for process in busy], timeout=min(max(seconds, 0.0), LONGEST_WAIT_S))
    outcomes = [process.outcome(told=process.connection in told) for process in busy]
    return [outcome for outcome in outcomes if outcome is not None]

"""Making the items of a data set in worker processes, in order, and leaving none of these behind."""

import atexit
import gc
import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from rs_core.data.hand_over import PREFETCH
from rs_core.errors import UserError

T = TypeVar("T")


def make_in_workers(
    dataset: Dataset[T | UserError], *, num_workers: int, order: Iterable[int] | None = None, pin_memory: bool = False
) -> Iterator[T]:
    """Yield items of a data set in order, each made by one of the workers; with 0 workers, by the caller.

    ``order`` gives the numbers of the items, all of them if it is left out. It is read in the calling process, no
    further than workers are ahead of it, so what comes later may be decided later.

    An item that is a ``UserError`` is raised when it is reached: one raised in a worker would come with a traceback.
    """
    loader = DataLoader(
        dataset,
        batch_size=None,  # an item of the data set is a batch already
        sampler=order,
        num_workers=num_workers,
        prefetch_factor=PREFETCH if num_workers else None,  # more only takes memory
        pin_memory=pin_memory,
        # DataLoader draws a seed for each pass. From the global generator, that would change a resumed run.
        generator=torch.Generator(),
        worker_init_fn=_begin,
    )
    return _items_of(loader)


def _items_of(loader: DataLoader[T | UserError]) -> Iterator[T]:
    for item in loader:
        if isinstance(item, UserError):
            raise item
        yield item


def _begin(_worker: int) -> None:
    _leave_the_callers_objects_alone()
    _leave_signals_to_the_caller()


def _leave_the_callers_objects_alone() -> None:
    # What the caller no longer needs may be an object of C++ that waits in its destructor for threads, such as a
    # session of onnxruntime or an open video of PyAV. A forked worker has it and not the threads, and would wait for
    # ever.
    gc.freeze()


def _leave_signals_to_the_caller() -> None:
    # Terminals and schedulers signal the workers too; without them the caller could not finish its step and save.
    # They end when the caller does, see _kill_workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _kill_workers() -> None:
    # At exit, multiprocessing asks the workers to end by SIGTERM, which ours ignore, and waits for them. After an
    # exception there still are some: its traceback holds the loader. PyTorch would take their end for a failure.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()


# What is registered last runs first, so multiprocessing must have registered its own.
import_module("multiprocessing.util")
atexit.register(_kill_workers)

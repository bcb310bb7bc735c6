"""Bringing batches to the device while it is busy with the one before."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch
from torch import Tensor

from rs_core.data.loader import Batch
from rs_core.errors import UserError

T = TypeVar("T")


def prefetch_to_device(batches: Iterable[Batch], device: torch.device) -> Iterator[Batch]:
    """Give the same batches, their images on the device: on CUDA one ahead and on a stream of their own.

    Give pinned batches: others are copied while the caller waits. Labels and rows stay on the CPU, where they can be
    looked at without waiting for the device. On a CPU, batches pass through as they are.
    """
    if device.type == "cpu":
        return iter(batches)

    def move(batch: Batch) -> Batch:
        return batch._replace(images=batch.images.to(device, non_blocking=True))

    return on_side_stream(batches, move, device) if device.type == "cuda" else map(move, batches)


def on_side_stream(items: Iterable[T], make: Callable[[T], Batch], device: torch.device) -> Iterator[Batch]:
    """Make a batch of each item one ahead of the caller, on a stream beside the one that the caller uses.

    ``make`` runs while that stream is current; ``images`` of what it returns may be unfinished work of it.
    """
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def start(item: T) -> tuple[Batch, torch.cuda.Event]:
        with torch.cuda.stream(stream):
            batch = make(item)
            # To wait for the whole stream later would be to wait for the next batch too.
            return batch, stream.record_event()

    for batch, made in one_ahead(map(start, items)):
        used_on = torch.cuda.current_stream(device)
        used_on.wait_event(made)
        _use_on(used_on, batch.images)
        yield batch


def _use_on(stream: torch.cuda.Stream, images: Tensor) -> None:
    # The memory belongs to the side stream, which would otherwise reuse it as soon as the caller drops the batch, while
    # work of the caller's stream still reads it.
    images.record_stream(stream)


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items; each is taken before the one in front of it is given away.

    A ``UserError`` in taking an item is raised after all items before it were given away.

    >>> taken = []
    >>> ahead = one_ahead(taken.append(number) or number for number in range(3))
    >>> next(ahead), taken
    (0, [0, 1])
    """
    iterator = iter(items)
    waiting: list[T] = []
    failure: UserError | None = None
    while failure is None:
        try:
            waiting.append(next(iterator))
        except StopIteration:
            break
        except UserError as error:
            failure = error
        if len(waiting) > 1:
            yield waiting.pop(0)
    yield from waiting
    if failure is not None:
        raise failure

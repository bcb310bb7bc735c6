"""Bringing batches to the device while it is busy with the one before."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor

from rs_core.errors import UserError

T = TypeVar("T")

# A named tuple with tensors among its fields, such as ``Batch``.
AnyBatch = TypeVar("AnyBatch", bound=tuple[Any, ...])


def prefetch_to_device(batches: Iterable[AnyBatch], device: torch.device, field: str = "images") -> Iterator[AnyBatch]:
    """Give the same batches with one field on the device: on CUDA one ahead and on a stream of their own.

    Give pinned batches: others are copied while the caller waits. Other fields, such as labels and rows, stay on the
    CPU, where they can be looked at without waiting for the device. On a CPU, batches pass through as they are.
    """
    if device.type == "cpu":
        return iter(batches)

    def move(batch: AnyBatch) -> AnyBatch:
        named: Any = batch
        moved: AnyBatch = named._replace(**{field: getattr(batch, field).to(device, non_blocking=True)})
        return moved

    return on_side_stream(batches, move, device) if device.type == "cuda" else map(move, batches)


def on_side_stream(items: Iterable[T], make: Callable[[T], AnyBatch], device: torch.device) -> Iterator[AnyBatch]:
    """Make a batch of each item one ahead of the caller, on a stream beside the one that the caller uses.

    ``make`` runs while that stream is current; tensors of what it returns may be unfinished work of it.
    """
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def start(item: T) -> tuple[AnyBatch, torch.cuda.Event]:
        with torch.cuda.stream(stream):
            batch = make(item)
            # To wait for the whole stream later would be to wait for the next batch too.
            return batch, stream.record_event()

    for batch, made in one_ahead(map(start, items)):
        used_on = torch.cuda.current_stream(device)
        used_on.wait_event(made)
        _use_on(used_on, batch)
        yield batch


def _use_on(stream: torch.cuda.Stream, batch: tuple[Any, ...]) -> None:
    # The memory belongs to the side stream, which would otherwise reuse it as soon as the caller drops the batch, while
    # work of the caller's stream still reads it.
    for value in batch:
        if isinstance(value, Tensor) and value.is_cuda:
            value.record_stream(stream)


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

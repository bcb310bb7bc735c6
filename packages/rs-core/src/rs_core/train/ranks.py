"""The processes that train one model together, as ``torchrun`` starts them, and what they agree on.

Every process is a rank with the whole model, a device of its own, and its parts of every batch
(``rs_core.data.order.Parts``). A run of one process goes through the same code and needs no group.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from itertools import count
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore, ProcessGroup, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from rs_core.errors import UserError

T = TypeVar("T")

# What gloo and NCCL say when another process is gone or silent.
LOST = re.compile(r"gloo|nccl|store|connection|broken pipe|timed out|timeout", re.IGNORECASE)
TIMED_OUT = re.compile(r"timed out|timeout", re.IGNORECASE)

# All ranks join equally often, so the number is the same on all of them.
JOINS = count()

# The batch statistics of rank 0 are not those of all; PyTorch 2.15 renamed the option.
RENAMED = "forward_sync_buffers" in signature(DistributedDataParallel.__init__).parameters
KEEP_BUFFERS: dict[str, Any] = {"forward_sync_buffers" if RENAMED else "broadcast_buffers": False}


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranks:
    """This process among the others.

    Args:
        rank: of this process, from 0; rank 0 writes and prints.
        num_ranks: how many there are.
        hosts: a group on the host, whatever the device: agreeing never waits for an accelerator.
        store: where each rank notes the step it has reached, so that a message can name a silent one.
    """

    rank: int = 0
    num_ranks: int = 1
    hosts: ProcessGroup | None = None
    store: Store | None = None

    @property
    def is_main(self) -> bool:
        """Whether this process writes and prints."""
        return self.rank == 0

    def from_main(self, make: Callable[[], T]) -> T:
        """Give every rank what ``make`` gives on rank 0.

        Raises:
            UserError: on every rank, what ``make`` raises on rank 0.
        """
        if self.num_ranks == 1:
            return make()
        told: list[Any] = [None]
        if self.is_main:
            try:
                told = [make()]
            except UserError as error:
                told = [error]
        dist.broadcast_object_list(told, src=0, group=self.hosts)
        if isinstance(told[0], UserError):
            raise told[0]
        answer: T = told[0]
        return answer

    def any(self, step: int, *flags: bool) -> list[bool]:
        """Tell for each flag whether it is set on any rank, once all have come to the end of ``step``."""
        if self.hosts is None or self.store is None:
            return list(flags)
        self.store.set(f"step of rank {self.rank}", str(step))
        votes = torch.tensor(flags, dtype=torch.uint8)
        dist.all_reduce(votes, dist.ReduceOp.MAX, group=self.hosts)
        return [bool(vote) for vote in votes.tolist()]

    def sum(self, tensor: Tensor) -> Tensor:
        """Give the sum over all ranks of a tensor on the device."""
        return self._reduce(tensor, dist.ReduceOp.SUM)

    def mean(self, tensor: Tensor) -> Tensor:
        """Give the mean over all ranks of a tensor on the device."""
        return self.sum(tensor) / self.num_ranks

    def largest(self, tensor: Tensor) -> Tensor:
        """Give the elementwise maximum over all ranks of a tensor on the device."""
        return self._reduce(tensor, dist.ReduceOp.MAX)

    def _reduce(self, tensor: Tensor, operation: dist.ReduceOp.RedOpType) -> Tensor:
        if self.num_ranks > 1:
            tensor = tensor.clone()
            dist.all_reduce(tensor, operation)
        return tensor

    def average_in_place(self, tensors: list[Tensor]) -> None:
        """Bring tensors of one type and device to their mean over all ranks, in one exchange."""
        if self.num_ranks == 1 or not tensors:
            return
        mean = self.mean(torch.cat([tensor.reshape(-1) for tensor in tensors]))
        parts = mean.split([tensor.numel() for tensor in tensors])  # type: ignore[no-untyped-call]
        torch._foreach_copy_(tensors, [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])

    def wrap(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Give the model whose gradients are averaged over all ranks as the backward pass makes them."""
        if self.num_ranks == 1:
            return model
        devices = [device] if device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=devices, gradient_as_bucket_view=True, **KEEP_BUFFERS)

    @contextmanager
    def naming_the_lost(self, minutes: float) -> Iterator[None]:
        """Turn the failure of an exchange with another rank into one line.

        Raises:
            UserError: a rank died, or was silent for longer than the limit; with the step that each was last seen at.
        """
        try:
            yield
        except RuntimeError as error:
            if self.num_ranks == 1 or not LOST.search(str(error)):
                raise
            silent = TIMED_OUT.search(str(error))
            what = f"has been silent for {minutes:g} minutes (run.rank_timeout)" if silent else "is gone"
            raise UserError(
                f"another rank {what}; {self.last_seen()}; "
                "continue with --resume, or let torchrun --max-restarts start all ranks again"
            ) from error

    def last_seen(self) -> str:
        """Say how far each rank had come."""
        if self.store is None:
            return "no rank has begun"
        names = [f"step of rank {rank}" for rank in range(self.num_ranks)]
        try:
            seen = [self.store.get(name).decode() if self.store.check([name]) else "none" for name in names]
        except RuntimeError:
            return "rank 0, which knows the others, is gone"
        return "last steps: " + ", ".join(f"rank {rank} {step}" for rank, step in enumerate(seen))


ALONE = Ranks()


def without_exchange(model: nn.Module, *, last: bool) -> AbstractContextManager[None]:
    """Leave out the exchange of gradients in all backward passes of a batch but the last."""
    if isinstance(model, DistributedDataParallel) and not last:
        return model.no_sync()
    return nullcontext()


@contextmanager
def join_ranks(device: torch.device, timeout_minutes: float) -> Iterator[Ranks]:
    """Join the other processes that ``torchrun`` started, if it started this one.

    Raises:
        UserError: they do not all arrive within the limit.
    """
    if not is_one_of_many():
        yield ALONE
        return
    timeout = timedelta(minutes=timeout_minutes)
    try:
        server, rank, num_ranks = next(rendezvous("env://", timeout=timeout))
        # A process may join more than once, and what was exchanged the last time must not be read as ours.
        store = PrefixStore(f"start {num_starts_before()}, join {next(JOINS)}", server)
        if device.type == "cuda":
            torch.cuda.set_device(device)
        dist.init_process_group(
            "nccl" if device.type == "cuda" else "gloo",
            store=PrefixStore("devices", store),
            rank=rank,
            world_size=num_ranks,
            timeout=timeout,
        )
        hosts = cast("ProcessGroup", dist.new_group(backend="gloo", timeout=timeout))
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"the ranks did not find each other ({reason}); they wait {timeout_minutes:g} minutes (run.rank_timeout)"
        ) from error
    ranks = Ranks(rank=rank, num_ranks=num_ranks, hosts=hosts, store=PrefixStore("steps", store))
    try:
        with ranks.naming_the_lost(timeout_minutes):
            yield ranks
    finally:
        dist.destroy_process_group()


def is_one_of_many() -> bool:
    """Tell whether this process is one of several that ``torchrun``, or what sets the same variables, started."""
    return os.environ.keys() >= {"RANK", "MASTER_ADDR", "MASTER_PORT"} and from_launcher("WORLD_SIZE", 1) > 1


def num_starts_before() -> int:
    """Give how often ``torchrun`` started the processes before, which is part of the name of what they exchange.

    On one machine without ``--standalone`` its server outlives them, and what they noted must not be read as ours. On
    several machines each counts its own failures alone, and the server is a new one each time.
    """
    return from_launcher("TORCHELASTIC_RESTART_COUNT", 0) if from_launcher("GROUP_WORLD_SIZE", 1) == 1 else 0


def from_launcher(variable: str, otherwise: int) -> int:
    """Read a number that ``torchrun`` leaves in the environment of each process."""
    return int(os.environ.get(variable, otherwise))

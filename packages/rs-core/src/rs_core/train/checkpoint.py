"""Checkpoints: whole state, written so that a reader never sees half of one."""

import pickle
import re
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from rs_core.atomic import write_atomically
from rs_core.errors import UserError

PATTERN = re.compile(r"step_(\d+)\.pt")


class CheckpointWriter:
    """Writes checkpoints while training goes on, one at a time; leaving the ``with`` block waits for the last.

    >>> with CheckpointWriter(directory, keep=2) as writer:  # doctest: +SKIP
    ...     writer.start(step, state)
    """

    def __init__(self, directory: Path, keep: int) -> None:
        self.directory, self.keep = directory, keep
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self.under_way: Future[Path] | None = None

    def start(self, step: int, state: dict[str, Any]) -> None:
        """Copy ``state`` to the host and begin to write it, once the one before is written.

        Raises:
            UserError: the one before could not be written.
        """
        self.finish()
        self.under_way = self.thread.submit(save_checkpoint, self.directory, step, copy_to_host(state), self.keep)

    def finish(self) -> None:
        """Wait for the checkpoint that is being written.

        Raises:
            UserError: it could not be written; earlier ones stay as they are.
        """
        written, self.under_way = self.under_way, None
        if written is not None:
            written.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.thread.shutdown(wait=True)
        if error is None:
            self.finish()


def copy_to_host(value: Any) -> Any:
    """Copy the tensors in nested dictionaries and lists, so that training may go on changing the originals."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: copy_to_host(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copy_to_host(item) for item in value)
    return value


def save_checkpoint(directory: Path, step: int, state: dict[str, Any], keep: int) -> Path:
    """Write ``state`` under a temporary name, flush it, rename it, and leave the newest ``keep`` checkpoints.

    Raises:
        UserError: the disk is full or not writable; earlier checkpoints stay as they are.
    """
    path = directory / f"step_{step:08d}.pt"
    write_atomically(path, lambda file: torch.save(state, file))
    for old in list_checkpoints(directory)[:-keep]:
        old.unlink()
    return path


def list_checkpoints(directory: Path) -> list[Path]:
    """Give the checkpoints of a run, oldest first."""
    found = [(int(match[1]), path) for path in directory.glob("step_*.pt") if (match := PATTERN.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint on the CPU. Only tensors and plain values are accepted, never code.

    Raises:
        UserError: no such file, not a checkpoint, cut off, or a pickle that would run code.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that are then refused
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint") from None
    except pickle.UnpicklingError:
        raise UserError(
            f"{path}: refused, because it holds more than tensors and plain values and could run code; "
            "use a checkpoint written by rs-core or a .safetensors file"
        ) from None
    except (RuntimeError, EOFError, OSError) as error:
        reason = (str(error) or "it ends too early").splitlines()[0]
        raise UserError(f"{path}: not a readable checkpoint ({reason}); use an earlier one") from None
    if not isinstance(state, dict) or "step" not in state:
        raise UserError(f"{path}: not a checkpoint of a training run; for weights alone use a .safetensors file")
    return state

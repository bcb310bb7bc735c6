"""A function in a process of its own, whose end of memory is an answer and not the end of everything."""

import multiprocessing
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any, TypeVar

import torch

from rs_core.child_process import end_with_parent
from rs_core.errors import UserError

T = TypeVar("T")

# How PyTorch says on a CPU that memory is short.
SHORT_OF_MEMORY = re.compile(r"can't allocate memory|not enough memory|bad_alloc|CUDA out of memory", re.IGNORECASE)


class OutOfMemory(Exception):
    """Memory was short; the message says how that was noticed."""


class Failed(Exception):
    """Something else went wrong; the message says what, in one line."""


def in_own_process(
    function: Callable[..., T], *arguments: Any, context: SpawnContext | ForkServerContext | None = None
) -> T:
    """Call a function in a new process and give what it returns; nothing of the process stays.

    >>> in_own_process(max, 2, 3)
    3

    Args:
        function: to call; it, its arguments and what it returns are pickled.
        arguments: of it.
        context: that starts processes; a clean interpreter unless told otherwise.

    Raises:
        OutOfMemory: it ran out of memory, or the system killed it, as Linux does when memory is short.
        Failed: it raised another error, or died.
        UserError: what it raised.
    """
    context = context or multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        outcome = receiver.recv()
    except EOFError:  # it died without an answer
        outcome = None
        process.join()
    finally:
        process.kill()
        process.join()
        receiver.close()
    if outcome is None:
        raise death(process.exitcode or 0)
    value, error = outcome
    if error is not None:
        raise error
    result: T = value
    return result


def death(exit_code: int) -> OutOfMemory | Failed:
    """Say how a process ended that gave no answer."""
    if exit_code == -signal.SIGKILL:
        return OutOfMemory("killed by the system (signal 9), which does so when memory is short")
    return Failed(f"the process ended with exit code {exit_code} and no result")


def answer(sender: "Connection[Any, Any]", function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    """Call the function in the new process and send back its value or its error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; the other process ends this one
    end_with_parent()
    with suppress(OSError):  # Linux alone asks whom to kill first when memory is short: this process
        Path("/proc/self/oom_score_adj").write_text("1000")
    outcome: tuple[object, Exception | None]
    try:
        outcome = (function(*arguments), None)
    except Exception as error:  # noqa: BLE001  # the other process tells them apart
        outcome = (None, in_words(error))
    sender.send(outcome)
    sender.close()


def in_words(error: Exception) -> Exception:
    """Turn an error into one that can be sent and told in one line."""
    lines = str(error).strip().splitlines()
    message = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or SHORT_OF_MEMORY.search(str(error)):
        return OutOfMemory(message)
    return UserError(*error.args) if isinstance(error, UserError) else Failed(message)

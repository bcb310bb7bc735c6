"""One process that does one item of work at a time, and is replaced when it dies or takes too long."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from signal import SIGKILL, Signals
from time import monotonic
from typing import Generic, TypeVar

from rs_core.data.skips import UnreadableSample

Item = TypeVar("Item")
Result = TypeVar("Result")

SECONDS_TO_LEAVE = 1.0


@dataclass(frozen=True)
class Failure:
    """Why an item of work has no result.

    Args:
        reason: in a few words.
        lasting: the item is to blame, so another attempt would end alike; a crash or a time limit may not.
    """

    reason: str
    lasting: bool


Ended = tuple[Item, Result | Failure]


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What the process sends for an item with a result; for others it sends the error, for the start ``None``."""

    result: Result


class GuardedProcess(Generic[Item, Result]):
    """Runs ``rs_video.index.guarded_worker``; see ``rs_video.index.guarded`` for the arguments.

    ``connection`` can be read when there is news; ``deadline``, by the monotonic clock, ends the time of its item.
    """

    def __init__(self, function: Callable[[Item], Result], time_limit_s: float) -> None:
        self.function = function
        self.time_limit_s = time_limit_s
        self.item: tuple[Item] | None = None
        self.process = self._begin()

    @property
    def busy(self) -> bool:
        """Whether it has an item that has not ended."""
        return self.item is not None

    def start(self, item: Item) -> None:
        """Give it an item; the process must not be busy."""
        if self.process.poll() is not None:
            self.process = self._begin()
        self.item = (item,)
        if self.ready:
            self.deadline = monotonic() + self.time_limit_s
        self.connection.send(item)

    def outcome(self, *, told: bool) -> Ended[Item, Result] | None:
        """Give the item with its outcome if it has ended; ``told`` says that the connection can be read."""
        if self.item is None:
            return None
        result: Result | Failure
        if told:
            try:
                message = self.connection.recv()
            except (EOFError, ConnectionResetError):
                result = self._crash()
            else:
                if message is None:
                    # It is ready, and only now does the time of its first item begin.
                    self.ready = True
                    self.deadline = monotonic() + self.time_limit_s
                    return None
                result = _result(message)
        elif monotonic() >= self.deadline:
            self.end()
            result = Failure(f"took longer than {self.time_limit_s:g} s", lasting=False)
        else:
            return None
        (item,) = self.item
        self.item = None
        self.deadline = float("inf")
        return item, result

    def end(self) -> None:
        """End the process, at once if it is at work."""
        self.connection.close()
        try:
            self.process.wait(0 if self.busy else SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        """Start the process; it takes the function before the first item."""
        self.connection, theirs = Pipe()
        self.deadline = float("inf")
        self.ready = False
        # What this process can import, the other can.
        path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)  # noqa: PTH109
        process = subprocess.Popen(
            [sys.executable, "-m", "rs_video.index.guarded_worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            # As many processes as cores work at a time, each in one thread.
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        theirs.close()
        self.connection.send(self.function)
        return process

    def _crash(self) -> Failure:
        self.connection.close()
        code = self.process.wait()
        if not self.ready:
            raise RuntimeError(f"a process for the work could not be started (exit code {code})")
        if code == -SIGKILL:
            return Failure("its process was killed, perhaps for want of memory", lasting=False)
        name = Signals(-code).name if code < 0 else f"exit code {code}"
        return Failure(f"its process crashed ({name})", lasting=False)


def _result(message: "Done[Result] | Exception") -> Result | Failure:
    if isinstance(message, Done):
        result: Result = message.result
        return result
    if isinstance(message, UnreadableSample):
        return Failure(message.reason, lasting=True)
    raise message

"""How far a job over many files is: a bar on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

# Where there is no terminal, a line after so many seconds.
LINE_EVERY = 10.0


class FileProgress:
    """Shows files done and samples so far, on stderr; call it with files done, files in all, and samples.

    Args:
        verb: what is being done, such as ``indexing``.
    """

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.bar = Progress(
            TextColumn(verb),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[samples]:,} samples"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.bar.add_task(verb, total=None, samples=0)
        self.last_line = time.monotonic()

    def __call__(self, done: int, total: int, samples: int) -> None:
        """Show how far it is."""
        self.bar.update(self.task, completed=done, total=total, samples=samples)
        if not self.console.is_terminal and time.monotonic() - self.last_line >= LINE_EVERY:
            self.last_line = time.monotonic()
            self.console.print(f"{self.verb} {done:,} of {total:,}, {samples:,} samples", markup=False)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

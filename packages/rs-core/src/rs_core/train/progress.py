"""What a person sees of a run: a live bar on a terminal, plain lines elsewhere."""

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class ProgressDisplay:
    """Shows step, loss, rate and remaining time; other lines scroll above the bar. A quiet one shows nothing."""

    def __init__(self, first_step: int, num_steps: int, *, quiet: bool = False) -> None:
        self.num_steps = num_steps
        self.first_step = first_step
        self.started = time.monotonic()
        self.console = Console(highlight=False, soft_wrap=True, quiet=quiet)
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[status]}"),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
        )
        self.task = self.bar.add_task("train", total=num_steps, completed=first_step, status="")

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.console.print(line, markup=False)

    def advance(self, step: int) -> None:
        """Move the bar; costs nothing where there is none."""
        self.bar.update(self.task, completed=step)

    def report(self, step: int, status: str) -> None:
        """Show figures with the time that remains: in the bar on a terminal, as a line elsewhere."""
        status = f"{status}  ETA {self.remaining(step)}"
        self.bar.update(self.task, status=status)
        if not self.console.is_terminal:
            self.say(f"step {step}/{self.num_steps}  {status}")

    def remaining(self, step: int) -> timedelta:
        """Give the time to the last step at the average rate so far, in whole seconds."""
        elapsed = time.monotonic() - self.started
        return timedelta(seconds=round(elapsed * (self.num_steps - step) / max(step - self.first_step, 1)))

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

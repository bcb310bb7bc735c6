"""How far labelling is, by all processes together: a bar on a terminal, a line now and then elsewhere."""

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rs_semisup.predictions.store import Predictions

# Seconds between two lines where there is no terminal.
LINE_EVERY = 10.0


class LabelProgress:
    """Shows on stderr ranges done, images a second and the time that remains; a quiet one shows nothing.

    The rate is of the images that were labelled since it began, by whomever.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)
        self.bar = Progress(
            TextColumn("labelling"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=quiet or not self.console.is_terminal,
        )
        self.task = self.bar.add_task("label", total=None, status="")
        self.every = 1.0 if self.console.is_terminal else LINE_EVERY
        self.started = self.last_line = time.monotonic()
        self.rows_at_start: int | None = None
        self.own_rows = 0

    def __call__(self, predictions: Predictions, num_rows: int) -> None:
        """Show how far it is, now and then; ``num_rows`` were labelled by this process since the last call."""
        if self.rows_at_start is None:
            # The rate is counted from the end of the first batch: before it, all had to start.
            self.rows_at_start = done_rows(predictions) + num_rows
            self.started = time.monotonic()
        else:
            self.own_rows += num_rows
        if time.monotonic() - self.last_line >= self.every:
            self.last_line = time.monotonic()
            self.show(predictions)

    def show(self, predictions: Predictions) -> None:
        """Show the state of the folder, and what this process has beyond it."""
        manifest = predictions.manifest
        before = self.rows_at_start or 0
        # Of a range that is under way, only this process knows how far it is.
        done = min(max(done_rows(predictions), before + self.own_rows), manifest.num_rows)
        rate = (done - before) / max(time.monotonic() - self.started, 1e-9)
        num_done = manifest.num_ranges - len(predictions.missing())
        status = f"{num_done:,} of {manifest.num_ranges:,} ranges, {done:,} of {manifest.num_rows:,} images"
        if rate:
            remaining = timedelta(seconds=round((manifest.num_rows - done) / rate))
            status += f", {rate:,.0f} a second, ETA {remaining}"
        self.bar.update(self.task, completed=done, total=manifest.num_rows, status=status)
        if not self.console.is_terminal:
            self.console.print(f"labelling: {status}", markup=False)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()


def done_rows(predictions: Predictions) -> int:
    """Count the rows of the ranges whose file is there."""
    manifest = predictions.manifest
    return manifest.num_rows - sum(len(manifest.rows_of(number)) for number in predictions.missing())

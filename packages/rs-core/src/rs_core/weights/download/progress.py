"""What a person sees of a download, on stderr: a live bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

SECONDS_BETWEEN_LINES = 30.0

Advance = Callable[[int], None]


def say(line: str) -> None:
    """Print a line that stays."""
    print(line, file=sys.stderr, flush=True)


def megabytes(num_bytes: int) -> str:
    """Write a size.

    >>> megabytes(430_123_456)
    '430.1 MB'
    """
    return f"{num_bytes / 1e6:,.1f} MB"


@contextmanager
def shown_progress(name: str, start: int, total: int | None) -> Iterator[Advance]:
    """Give a function to call with the number of bytes that came; ``start`` of ``total`` are there already."""
    # The bar is rich's, which weights alone do not need.
    show = live_bar if sys.stderr.isatty() and find_spec("rich") else plain_lines
    with show(name, start, total) as advance:
        yield advance


@contextmanager
def live_bar(name: str, start: int, total: int | None) -> Iterator[Advance]:
    """Draw a bar with size, rate and remaining time."""
    from rich.console import Console  # noqa: PLC0415  # weights alone do not need rich
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total, completed=start)
        yield lambda num_bytes: bar.advance(task, num_bytes)


@contextmanager
def plain_lines(name: str, start: int, total: int | None) -> Iterator[Advance]:
    """Print a line at the start and one every half a minute."""
    of_total = f" of {megabytes(total)}" if total is not None else ""
    if start:
        say(f"resuming {name} at {megabytes(start)}{of_total}")
    else:
        say(f"downloading {name}" + (f", {megabytes(total)}" if total is not None else ""))
    done, due = start, time.monotonic() + SECONDS_BETWEEN_LINES

    def advance(num_bytes: int) -> None:
        nonlocal done, due
        done += num_bytes
        if time.monotonic() >= due:
            due += SECONDS_BETWEEN_LINES
            say(f"{name}: {megabytes(done)}{of_total}")

    yield advance

"""The cells of a study: runs that are done side by side, each once and for all."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rs_core.child_process import end_with_parent
from rs_core.configs import differences
from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_core.train.run import CONFIG, RESULT, RunSettings, read_config

# A task writes down how many classes its data have.
FROM_THE_DATA = "model.num_classes="


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a study, finished once there is a ``result.json`` in its directory.

    Args:
        row: of the table it belongs to.
        column: of that table.
        seed: of the run.
        config: of the run, with its directory.
        job: does the run that the config describes, or goes on with it. Other processes get both, so they are pickled.
    """

    row: str
    column: str
    seed: int
    config: RunSettings
    job: Callable[[Any], object]

    def __str__(self) -> str:
        return f"{self.row}, {self.column}, seed {self.seed}"

    @property
    def directory(self) -> Path:
        """Where the run is."""
        return Path(self.config.run.directory)

    def figures(self) -> dict[str, float] | None:
        """Give the figures of a finished run, else nothing.

        Raises:
            UserError: the file is damaged, or a run of other settings is in the directory.
        """
        if (self.directory / CONFIG).is_file():
            config = read_config(self.directory, type(self.config))
            changed = differences(asdict(config), asdict(self.config))
            changes = [change for change in changed if not change.startswith(FROM_THE_DATA)]
            if changes:
                raise UserError(
                    f"{self.directory}: holds a run of other settings ({', '.join(changes)}); delete it, or name "
                    "another folder"
                )
        path = self.directory / RESULT
        try:
            values = json.loads(path.read_text())
            return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
        except FileNotFoundError:
            return None
        except (ValueError, AttributeError) as error:
            raise UserError(f"{path}: not readable ({error}); delete {self.directory} to run it again") from None


class Finished(NamedTuple):
    """A cell with its figures, and the seconds that it took now; 0 for one that was finished before."""

    cell: Cell
    figures: dict[str, float]
    seconds: float


def run_cells(cells: Sequence[Cell], num_jobs: int) -> Iterator[Finished]:
    """Yield every cell as soon as it is finished; those that are finished already come first and are not run.

    Each of ``num_jobs`` processes computes on its share of the cores. What a run prints is in a file beside its
    directory.

    Raises:
        UserError: a run failed; the others are stopped, and what they left is gone on with the next time.
    """
    to_run = []
    for cell in cells:
        figures = cell.figures()
        if figures is None:
            to_run.append(cell)
        else:
            yield Finished(cell, figures, 0.0)
    if not to_run:
        return
    num_jobs = min(num_jobs, len(to_run))
    threads = max(1, num_cores() // num_jobs)
    with ProcessPoolExecutor(num_jobs, get_context("spawn"), prepare_process, (threads,)) as pool:
        futures: dict[Future[float], Cell] = {pool.submit(run_cell, cell): cell for cell in to_run}
        try:
            for future in as_completed(futures):
                cell = futures[future]
                yield Finished(cell, finished_figures(cell, future), future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def prepare_process(num_threads: int) -> None:
    """Let a process compute on its share of the cores, and end with the one that started it, however that ends."""
    torch.set_num_threads(num_threads)
    end_with_parent()


def run_cell(cell: Cell) -> float:
    """Run a cell in this process and give the seconds it took."""
    started = time.monotonic()
    cell.directory.parent.mkdir(parents=True, exist_ok=True)
    with cell.directory.with_suffix(".txt").open("a") as log, redirect_stdout(log), redirect_stderr(log):
        cell.job(cell.config)
        sys.stdout.flush()
    return time.monotonic() - started


def finished_figures(cell: Cell, future: Future[float]) -> dict[str, float]:
    """Give the figures of a cell that has come to its end.

    Raises:
        UserError: it failed, or was stopped.
    """
    log = cell.directory.with_suffix(".txt")
    try:
        future.result()
    except UserError as error:
        raise UserError(f"{cell}: {error}") from None
    figures = cell.figures()
    if figures is None:
        raise UserError(f"{cell}: stopped before its end, see {log}; the same command goes on")
    return figures

"""A study of a ladder from its rows to the table and the plot."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rs_core.cores import num_cores
from rs_core.study.cells import Cell, Finished, run_cells
from rs_core.study.ladder.config import Config, LadderConfig
from rs_core.study.ladder.report import table, write_report
from rs_core.study.ladder.results import row_results
from rs_core.study.ladder.rows import needs_teacher, rows_to_train
from rs_core.train.precision import resolve_device
from rs_core.train.ranks import ALONE
from rs_core.train.stage import train_stage

Say = Callable[[str], None]

FIGURE = "val/top1"


def run_ladder(study: LadderConfig[Config], say: Say = print) -> Path:
    """Train every row that is not finished yet, then write ``report.md``, ``result.json`` and the plot; give ``out``.

    Raises:
        UserError: a run failed or was stopped, data that are not there, or the folder holds runs of other settings.
    """
    started = time.monotonic()
    rows = rows_to_train(study)
    stages = list(list_cells(study, rows))
    say(f"{len(study.kept)} rows x {study.seeds} seeds: {sum(map(len, stages))} runs in {study.out}")
    if any(one.figures() is None for cells in stages for one in cells):
        open_data(rows[study.kept[0]])
    top1: dict[tuple[str, int], float] = {}
    for cells in stages:
        for finished in run_cells(cells, num_jobs(study, rows)):
            top1[finished.cell.row, finished.cell.seed] = finished.figures[FIGURE]
            say(line(finished, time.monotonic() - started))
    by_row = {name: [top1[name, seed] for seed in range(study.seeds)] for name in study.kept}
    results = row_results(study, rows, by_row)
    teacher = study.ladder.teacher
    write_report(study, rows, results, top1.get((teacher.recipe, 0)) if teacher else None)
    for text in table(results).split("\n"):
        say(text)
    return Path(study.out)


def open_data(row: Config) -> None:
    """Open the data once before runs do so side by side: what is not there shows at once, and one index is written.

    Raises:
        UserError: the data are not there, or cannot be read.
    """
    row.open_task(resolve_device(row.run.device), ALONE)


def list_cells(study: LadderConfig[Config], rows: Mapping[str, Config]) -> Iterator[list[Cell]]:
    """Give the runs of each stage: the teacher and all that need none of it, then what distils from it."""
    cells = {name: [cell(study, rows, name, seed) for seed in range(study.seeds)] for name in study.kept}
    by_seed = [cells[name][seed] for seed in range(study.seeds) for name in study.kept]
    waiting = {name for name in study.kept if not study.teacher and needs_teacher(rows[name], study)}
    first = [one for one in by_seed if one.row not in waiting]
    if waiting and study.ladder.teacher:
        yield [cell(study, rows, study.ladder.teacher.recipe, 0), *first]
        yield [one for one in by_seed if one.row in waiting]
    else:
        yield first


def cell(study: LadderConfig[Config], rows: Mapping[str, Config], name: str, seed: int) -> Cell:
    """Give a run of a row."""
    directory = str(Path(study.out) / name / f"seed{seed}")
    config = replace(rows[name], run=replace(rows[name].run, directory=directory, seed=seed))
    return Cell(row=name, column="top-1", seed=seed, config=config, job=train_stage)


def num_jobs(study: LadderConfig[Config], rows: Mapping[str, Config]) -> int:
    """Give how many runs go on at a time."""
    if study.jobs:
        return study.jobs
    return num_cores() if resolve_device(rows[study.kept[0]].run.device).type == "cpu" else 1


def line(finished: Finished, elapsed: float) -> str:
    """Say what a run came to."""
    cell = finished.cell
    taken = f"in {finished.seconds:.0f} s" if finished.seconds else "finished before"
    return f"{elapsed:5.0f} s  {cell.row:34} seed {cell.seed}  top-1 {finished.figures[FIGURE]:6.2f} %  {taken}"

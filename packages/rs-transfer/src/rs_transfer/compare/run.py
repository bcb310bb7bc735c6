"""A comparison from its settings to the table and the plot."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.cores import num_cores
from rs_core.study.cells import Cell, Finished, run_cells
from rs_core.study.summary import Row, draw_rows, markdown_table
from rs_core.train.precision import resolve_device
from rs_transfer.compare.config import CompareConfig
from rs_transfer.compare.pretrained import PRETRAINED, pretrain_on_digits
from rs_transfer.compare.starts import RANDOM
from rs_transfer.compare.tasks import TASKS, Request
from rs_transfer.scenes import Scenes, write_scenes

Say = Callable[[str], None]

SCENES_SEED = 0


def compare(config: CompareConfig, say: Say = print) -> Path:
    """Run every cell that is not finished yet; write ``report.md``, ``result.json``, ``comparison.png`` and ``.svg``.

    Raises:
        UserError: a run failed or was stopped, data that are not there, or the folder holds runs of other settings.
    """
    started = time.monotonic()
    out = Path(config.out)
    starts = config.named_starts or ((RANDOM, ""), (PRETRAINED, str(pretrain_on_digits(out, config.device, say))))
    cells = list_cells(config, starts, built_in_scenes(config, out, say))
    say(f"{len(config.tasks)} tasks x {len(starts)} starting points x {config.seeds} seeds: {len(cells)} runs")
    figures: dict[tuple[str, str], list[float]] = {}
    for finished in run_cells(cells, num_jobs(config)):
        cell, value = finished.cell, finished.figures[TASKS[finished.cell.row].figure]
        figures.setdefault((cell.row, cell.column), []).append(value)
        say(line(finished, value, time.monotonic() - started))
    columns = [name for name, _ in starts]
    write_report(config, rows(config, columns, figures), columns, time.monotonic() - started)
    for text in markdown_table(rows(config, columns, figures), columns).split("\n"):
        say(text)
    return out


def list_cells(config: CompareConfig, starts: tuple[tuple[str, str], ...], scenes: Scenes) -> list[Cell]:
    """Give all runs, those of one task side by side."""
    cells = []
    for name in config.tasks:
        task = TASKS[name]
        for seed in range(config.seeds):
            for start, weights in starts:
                request = Request(
                    weights=weights,
                    model=config.model,
                    root=config.root(name),
                    scenes=scenes,
                    seed=seed,
                    directory=Path(config.out) / name / start / f"seed{seed}",
                    device=config.device,
                )
                cells.append(Cell(row=name, column=start, seed=seed, config=task.config(request), job=task.job))
    return cells


def built_in_scenes(config: CompareConfig, out: Path, say: Say) -> Scenes:
    """Write the built-in scenes, where a task needs them and they are not there yet."""
    folder = out / "scenes"
    needed = any(not config.root(task) for task in config.tasks if task != "cifar100")
    if needed and not folder.exists():
        say(f"writes the built-in scenes to {folder}")
        return write_scenes(folder, seed=SCENES_SEED)
    return Scenes.below(folder)


def num_jobs(config: CompareConfig) -> int:
    """Give how many runs go on at a time."""
    if config.jobs:
        return config.jobs
    return num_cores() if resolve_device(config.device).type == "cpu" else 1


def line(finished: Finished, value: float, elapsed: float) -> str:
    """Say what a run came to."""
    cell = finished.cell
    taken = f"in {finished.seconds:.0f} s" if finished.seconds else "finished before"
    name = TASKS[cell.row].figure.removeprefix("test/")
    return f"{elapsed:5.0f} s  {cell.row:17} {cell.column:12} seed {cell.seed}  {name} {value:6.2f}  {taken}"


def rows(config: CompareConfig, columns: list[str], figures: dict[tuple[str, str], list[float]]) -> list[Row]:
    """Put the figures into rows, a task each."""
    return [
        Row(
            name=TASKS[task].title,
            unit=TASKS[task].unit,
            values={column: figures.get((task, column), []) for column in columns},
        )
        for task in config.tasks
    ]


def write_report(config: CompareConfig, table: list[Row], columns: list[str], seconds: float) -> None:
    """Write the page, the values and the plot."""
    out = Path(config.out)
    title = f"mean and standard deviation of {config.seeds} seeds" if config.seeds > 1 else "one seed"
    for suffix in (".png", ".svg"):
        draw_rows(table, columns, (out / "comparison").with_suffix(suffix), f"Fine-tuned from each start: {title}")
    values = {task: dict(row.values) for task, row in zip(config.tasks, table, strict=True)}
    result = {"values": values, "seconds": round(seconds, 1)}
    write_text_atomically(out / "result.json", json.dumps(result, indent=2) + "\n")
    write_text_atomically(
        out / "report.md",
        f"""# Starting points compared by fine-tuning

{markdown_table(table, columns)}

Figures are per cent on test images, {title}; larger is better. Each run is in `TASK/START/seedN` with its settings.
The protocols are public ones, named in the recipes; the paper's own are not known, so that these figures are not
comparable with its Table 5.

![each seed and the mean of each start](comparison.png)
""",
    )

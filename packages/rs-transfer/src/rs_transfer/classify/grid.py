"""The grid: a run for each pair of learning rate and weight decay, judged on a split of the training images."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError
from rs_core.train.run import RESULT
from rs_core.train.stage import on_first_rank
from rs_transfer.classify.config import ClassifyConfig, GridConfig
from rs_transfer.classify.stopped import finish_stage

JUDGED_BY = "val/top1"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A learning rate for 256 images, and a weight decay before it is divided by it.

    >>> Cell(learning_rate=0.01, weight_decay=1e-5).name
    'lr0.01-wd1e-05'
    """

    learning_rate: float
    weight_decay: float

    @property
    def name(self) -> str:
        """What its run is called."""
        return f"lr{self.learning_rate:g}-wd{self.weight_decay:g}"

    def applied_to(self, config: ClassifyConfig) -> ClassifyConfig:
        """Give the config with these settings and no grid.

        The weight decay is divided by the learning rate of the whole batch, the one that the optimiser sees.
        """
        peak = self.learning_rate * config.batch_size / 256
        optimizer = replace(
            config.optimizer,
            learning_rate_per_256=self.learning_rate,
            weight_decay=self.weight_decay / peak,
        )
        return replace(config, optimizer=optimizer, grid=GridConfig())


def cells(grid: GridConfig) -> list[Cell]:
    """Give all pairs of a grid."""
    pairs = product(grid.learning_rates, grid.weight_decays)
    return [Cell(learning_rate=rate, weight_decay=decay) for rate, decay in pairs]


def try_all(config: ClassifyConfig, directory: Path, say: Callable[[str], None]) -> list[dict[str, float]]:
    """Train every cell of a grid that is not done yet, each in a folder of its own, and give the table.

    A row has ``learning_rate``, ``weight_decay`` and ``val/top1`` in per cent on the split. A cell whose training
    diverges has 0.

    Raises:
        Stopped: a signal asked a run to stop.
        UserError: what training raises, but for a loss that is not finite.
    """
    table = []
    every = cells(config.grid)
    for number, cell in enumerate(every, start=1):
        result = try_cell(cell, config, directory)
        outcome = f"top-1 {result[JUDGED_BY]:.2f} %" if "diverged" not in result else f"diverged: {result['diverged']}"
        say(f"{number}/{len(every)}  {cell.name}: {outcome} on the split")
        table.append(asdict(cell) | {JUDGED_BY: float(result[JUDGED_BY])})
    return table


def try_cell(cell: Cell, config: ClassifyConfig, directory: Path) -> Mapping[str, Any]:
    """Train one cell, unless it is done, and give its figures; its checkpoints are not kept."""
    folder = directory / cell.name
    own = replace(
        cell.applied_to(config),
        data=replace(config.data, judged_by="split"),
        run=replace(config.run, directory=str(folder), keep_checkpoints=1),
    )
    try:
        with printing_to(directory / f"{cell.name}.txt"):
            result: dict[str, Any] = finish_stage(own)
    except UserError as error:
        if "not finite" not in str(error):
            raise
        result = {JUDGED_BY: 0.0, "diverged": str(error).partition(";")[0]}
        text = json.dumps(result, indent=2) + "\n"
        on_first_rank(config.run, partial(write_text_atomically, folder / RESULT, text))
    on_first_rank(config.run, partial(shutil.rmtree, folder / "checkpoints", ignore_errors=True))
    return result


def best(table: Sequence[Mapping[str, float]]) -> Cell:
    """Choose the cell of the best accuracy; of equal ones the smaller learning rate, then the smaller weight decay.

    >>> rows = [(0.1, 0.0, 90.0), (0.01, 1e-5, 90.0), (0.01, 0.0, 80.0)]
    >>> best([dict(zip(("learning_rate", "weight_decay", "val/top1"), row)) for row in rows]).name
    'lr0.01-wd1e-05'

    Raises:
        UserError: every cell diverged.
    """
    if not any(row[JUDGED_BY] for row in table):
        raise UserError("no cell of the grid learned anything; give smaller grid.learning_rates")
    row = min(table, key=lambda row: (-row[JUDGED_BY], row["learning_rate"], row["weight_decay"]))
    return Cell(learning_rate=row["learning_rate"], weight_decay=row["weight_decay"])


@contextmanager
def printing_to(path: Path) -> Iterator[None]:
    """Put what is printed inside into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file, redirect_stdout(file):
        yield

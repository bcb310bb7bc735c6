"""The figures of a run as they come: one JSON line each in ``metrics.jsonl``, and TensorBoard events."""

import json
import sys
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from rs_core.atomic import write_text_atomically

# Where TensorFlow is installed, TensorBoard loads it, unless it finds this module. That takes seconds, and with
# TensorFlow in the process PyTorch's compiler ends it: both bring an LLVM that bears only itself.
sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))

from torch.utils.tensorboard import SummaryWriter  # noqa: E402  # after what keeps TensorFlow out

FILE = "metrics.jsonl"


class MetricsLog:
    """Appends rows of named figures; a resumed run drops the rows after the step it resumes from."""

    def __init__(self, directory: Path, first_step: int) -> None:
        path = directory / FILE
        kept = [row for row in read_metrics(directory) if row["step"] <= first_step]
        write_text_atomically(path, "".join(json.dumps(row) + "\n" for row in kept))
        self.file = path.open("a")
        self.board = SummaryWriter(str(directory), purge_step=first_step + 1)

    def write(self, step: int, figures: dict[str, float]) -> None:
        """Append one row: ``step`` and the figures by name."""
        self.file.write(json.dumps({"step": step, **figures}) + "\n")
        self.file.flush()
        for name, value in figures.items():
            self.board.add_scalar(name, value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
        self.board.close()


def read_metrics(directory: Path) -> list[dict[str, Any]]:
    """Give the rows of a run, oldest first; a last line cut off by a crash is left out."""
    path = directory / FILE
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows

"""From a few labels to a noisy student on the built-in digits, over several seeds."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError
from rs_semisup.study.stages import Seed
from rs_semisup.study.table import StudyResult, report
from rs_semisup.study.variants import BASELINE, STUDENTS

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """The size of the study.

    Args:
        out: folder of all runs and of the report.
        seeds: each draws other labels, weights and orders.
        labels_per_class: labelled images of each digit; the other training images are unlabelled.
        threshold: of the teacher's confidence.
        device: as of a training run.
    """

    out: str
    seeds: int = 3
    labels_per_class: int = 4
    threshold: float = 0.3
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what the digits cannot give."""
        if self.seeds < 1:
            raise UserError(f"--seeds {self.seeds}: give 1 or more")
        if not 1 <= self.labels_per_class <= 100:
            raise UserError(f"--labels_per_class {self.labels_per_class}: give 1 to 100; there are about 140 of each")


def run_study(config: StudyConfig, say: Say = print) -> StudyResult:
    """Train a teacher and all students for each seed; write ``report.md`` and ``result.json``.

    Raises:
        UserError: a run is in the folder already, or it cannot be written.
    """
    started = time.monotonic()
    out = Path(config.out)
    top1: dict[str, list[float]] = {name: [] for name in (BASELINE, *(student.name for student in STUDENTS))}
    for number in range(config.seeds):
        seed = Seed(
            folder=out / f"seed{number}",
            seed=number,
            labels_per_class=config.labels_per_class,
            threshold=config.threshold,
            device=config.device,
        )

        def note(name: str, value: float) -> None:
            top1[name].append(value)
            say(f"seed {number}  {name:28}  top-1 {value:6.2f} %  {time.monotonic() - started:4.0f} s")  # noqa: B023

        note(BASELINE, seed.train_teacher())
        say(f"seed {number}  {seed.label_and_select()}")
        for student in STUDENTS:
            note(student.name, seed.train_student(student))
    result = StudyResult(top1=top1, seconds=time.monotonic() - started)
    write_text_atomically(out / "report.md", report(config.labels_per_class, result))
    write_text_atomically(out / "result.json", json.dumps({"top1": top1, "seconds": result.seconds}, indent=2) + "\n")
    return result

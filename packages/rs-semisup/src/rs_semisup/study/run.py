"""From a few labels to a noisy student on the built-in digits, over several seeds."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch

from rs_core.atomic import write_text_atomically
from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_core.train.precision import resolve_device
from rs_semisup.study.stages import Seed
from rs_semisup.study.table import StudyResult, report
from rs_semisup.study.variants import BASELINE, STUDENTS, Variant

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
    labels_per_class: int = 2
    threshold: float = 0.3
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what the digits cannot give."""
        if self.seeds < 1:
            raise UserError(f"--seeds {self.seeds}: give 1 or more")
        if not 1 <= self.labels_per_class <= 100:
            raise UserError(f"--labels_per_class {self.labels_per_class}: give 1 to 100; there are about 140 of each")


class Finished(NamedTuple):
    """A run that came to its end, its top-1 in per cent, and what else there is to say."""

    seed: Seed
    name: str
    top1: float
    remark: str = ""


def run_study(config: StudyConfig, say: Say = print) -> StudyResult:
    """Train a teacher and all students for each seed; write ``report.md`` and ``result.json``.

    On a CPU as many runs go on at once as there are cores, each on one: networks this small leave a second core idle.

    Raises:
        UserError: a run is in the folder already, or it cannot be written.
    """
    started = time.monotonic()
    top1 = {name: [0.0] * config.seeds for name in (BASELINE, *(student.name for student in STUDENTS))}
    for finished in runs(config):
        top1[finished.name][finished.seed.seed] = finished.top1
        elapsed = time.monotonic() - started
        say(f"{elapsed:4.0f} s  seed {finished.seed.seed}  {finished.name:28}  top-1 {finished.top1:6.2f} %")
        if finished.remark:
            say(f"{elapsed:4.0f} s  seed {finished.seed.seed}  {finished.remark}")
    result = StudyResult(top1=top1, seconds=time.monotonic() - started)
    out = Path(config.out)
    write_text_atomically(out / "report.md", report(config.labels_per_class, result))
    write_text_atomically(out / "result.json", json.dumps({"top1": top1, "seconds": result.seconds}, indent=2) + "\n")
    return result


def runs(config: StudyConfig) -> Iterator[Finished]:
    """Yield every run as it comes to its end; the students of a seed begin when its teacher has labelled."""
    seeds = [
        Seed(
            folder=Path(config.out) / f"seed{number}",
            seed=number,
            labels_per_class=config.labels_per_class,
            threshold=config.threshold,
            device=config.device,
        )
        for number in range(config.seeds)
    ]
    num_runs = num_cores() if resolve_device(config.device).type == "cpu" else 1
    with ProcessPoolExecutor(num_runs, get_context("spawn"), initializer=one_thread) as pool:
        pending: set[Future[Finished]] = {pool.submit(teach, seed) for seed in seeds}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                finished = future.result()
                if finished.name == BASELINE:
                    pending |= {pool.submit(learn, finished.seed, student) for student in STUDENTS}
                yield finished


def one_thread() -> None:
    """Let a process compute on one core."""
    torch.set_num_threads(1)


def teach(seed: Seed) -> Finished:
    """Train the teacher, let it label, and select."""
    return Finished(seed, BASELINE, seed.train_teacher(), seed.label_and_select())


def learn(seed: Seed, student: Variant) -> Finished:
    """Train a student."""
    return Finished(seed, student.name, seed.train_student(student))

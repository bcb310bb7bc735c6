"""A scaling study from its settings to the report."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_core.study.cells import Cell, Finished, run_cells
from rs_core.study.scaling.budget import Timed, choose, observed_pace, smallest_budget
from rs_core.study.scaling.config import ScalingConfig
from rs_core.study.scaling.duration import in_words
from rs_core.study.scaling.grid import Point, Run
from rs_core.study.scaling.order import Group, ordered_groups
from rs_core.study.scaling.report import comparison_table, conclude, law_lines, verdict_lines, write_report
from rs_core.study.scaling.results import collect
from rs_core.study.scaling.speed import BATCH_SIZE, Speeds, step_in_words
from rs_core.train.classify import open_held_out, open_training
from rs_core.train.precision import Machine, resolve_machine
from rs_core.train.schedule import num_steps
from rs_core.train.stage import train_stage

Say = Callable[[str], None]

TOP1, SECONDS = "val/top1", "seconds"

# Of the budget, at most, for measuring steps before anything is trained; the rest is estimated from these.
MEASURING_SHARE = 0.1


@dataclass(kw_only=True)
class Progress:
    """A study under way.

    Args:
        config: of the study.
        speeds: of training steps.
        groups: all runs, in their order.
        cells: what does each run.
        num_train: training images.
        num_jobs: runs at a time.
        errors: of finished runs, in per cent.
        timed: what these took.
    """

    config: ScalingConfig
    speeds: Speeds
    groups: Sequence[Group]
    cells: dict[Run, Cell]
    num_train: int
    num_jobs: int
    errors: dict[Run, float] = field(default_factory=dict)
    timed: dict[Run, Timed] = field(default_factory=dict)

    def step_seconds(self, run: Run) -> float:
        """Predict the time of a run's training steps on their own."""
        batch_size = self.config.base_recipe.batch_size
        num_images = num_steps(run.point.epochs, self.num_train, batch_size) * batch_size
        return num_images / self.speeds.images_per_second(run.point.network)

    def seconds(self, run: Run) -> float:
        """Predict the time of a run, at the pace of those that are finished."""
        return observed_pace(self.timed.values()).seconds(self.step_seconds(run))

    def keep(self, run: Run, figures: dict[str, float], seconds: float = 0.0) -> None:
        """Take in a finished run; ``seconds`` is all of its time, where it is known."""
        self.errors[run] = 100 - figures[TOP1]
        self.timed[run] = Timed(
            step_seconds=self.step_seconds(run), trained_seconds=figures[SECONDS], seconds=max(seconds, 0.0)
        )

    def choose(self, budget: float) -> list[Run]:
        """Choose what fits into the rest of the budget."""
        return choose(self.groups, self.errors, self.seconds, budget, self.num_jobs)


def study_scaling(config: ScalingConfig, say: Say = print) -> Path:
    """Run as much of the grid as fits the budget; write ``report.md``, ``result.json``, ``scaling.png`` and ``.svg``.

    Finished runs are not run again, and one that was interrupted goes on from its newest checkpoint.

    Raises:
        UserError: a budget too small for anything, data that are not there, a run that failed or was stopped, or a
            folder with runs of other settings.
    """
    deadline = time.monotonic() + config.budget_seconds
    machine = resolve_machine(config.device, config.precision)
    training = open_training(config.data)
    num_held_out = len(open_held_out(config.data, training.class_names))
    progress = prepare(config, machine, len(training))
    before = {run: figures for run, cell in progress.cells.items() if (figures := cell.figures()) is not None}
    say(
        f"{len(config.networks)} networks x {len(config.axes.epochs)} trainings x {config.seeds} seeds: "
        f"{len(progress.cells)} runs, {len(before)} finished before"
    )
    measure_some(progress, say)
    for run, figures in before.items():
        progress.keep(run, figures)
    run_what_fits(progress, deadline, say)

    trained = {run.point.network for run in progress.errors}
    progress.speeds.measure(sorted(trained, key=progress.speeds.flops.__getitem__))
    study = conclude(
        config,
        collect(errors_by_point(progress), progress.speeds),
        [run for group in progress.groups for run in group.runs if run not in progress.errors],
        progress.speeds.flops,
        step=step_in_words(progress.speeds),
        num_held_out=num_held_out,
        seconds=config.budget_seconds - (deadline - time.monotonic()),
    )
    write_report(study)
    for text in (comparison_table(study.comparisons), verdict_lines(study), law_lines(study)):
        for row in text.split("\n"):
            say(row)
    if study.left_out:
        say(f"{len(study.left_out)} runs did not fit the budget; the same command with a larger one goes on")
    return Path(config.out)


def prepare(config: ScalingConfig, machine: Machine, num_train: int) -> Progress:
    """List the grid, in its order, with what does each run."""
    jobs = config.jobs or (num_cores() if machine.device.type == "cpu" else 1)
    speeds = Speeds(
        config.networks,
        config.base_recipe.model,
        machine,
        batch_size=BATCH_SIZE[machine.device.type],
        num_threads=max(1, num_cores() // jobs),
        path=Path(config.out) / "speeds.json",
    )
    groups = ordered_groups(config.axes, config.seeds, speeds.flops)
    cells = {run: cell_of(config, run) for group in groups for run in group.runs}
    return Progress(config=config, speeds=speeds, groups=groups, cells=cells, num_train=num_train, num_jobs=jobs)


def cell_of(config: ScalingConfig, run: Run) -> Cell:
    """Give what does a run."""
    point = run.point
    return Cell(
        row=f"{point.epochs:g} epochs, {point.network.resolution} px",
        column=f"depth {point.network.depth}, width {point.network.width:g}",
        seed=run.seed,
        config=config.run_config(point, run.seed),
        job=train_stage,
    )


def measure_some(progress: Progress, say: Say) -> None:
    """Measure the networks of the first comparison, and others, the cheapest first, as long as their share lasts."""
    speeds = progress.speeds
    first = [run.point.network for run in progress.groups[0].runs]
    speeds.measure(first)
    others = sorted(speeds.flops, key=speeds.flops.__getitem__)
    speeds.measure(others, MEASURING_SHARE * progress.config.budget_seconds)
    say(f"measured {step_in_words(speeds)} of {len(speeds.measured)} networks; {progress.num_jobs} runs at a time")


def run_what_fits(progress: Progress, deadline: float, say: Say) -> None:
    """Run the first comparison, learn the pace from it, and go on with what fits until nothing does.

    Raises:
        UserError: nothing fits, and nothing is finished.
    """
    chosen = progress.choose(deadline - time.monotonic())
    if not chosen and not progress.errors:
        spent = progress.config.budget_seconds - (deadline - time.monotonic())
        smallest = spent + smallest_budget(progress.groups, progress.seconds, progress.num_jobs)
        raise UserError(
            f"--budget {progress.config.budget}: the smallest {progress.groups[0].name}, three runs, takes about "
            f"{in_words(smallest)} on this machine; give at least that, or smaller axes"
        )
    if not progress.timed:
        chosen = chosen[: len(progress.groups[0].runs)]
    while chosen:
        predicted = sum(map(progress.seconds, chosen)) / progress.num_jobs
        left = deadline - time.monotonic()
        say(f"{len(chosen)} runs, about {in_words(predicted)}, fit what is left of the budget, {in_words(left)}")
        run_all(progress, chosen, say)
        chosen = progress.choose(deadline - time.monotonic())


def run_all(progress: Progress, chosen: Sequence[Run], say: Say) -> None:
    """Run what is chosen, and say what each run came to."""
    run_of = {id(progress.cells[run]): run for run in chosen}
    for finished in run_cells([progress.cells[run] for run in chosen], progress.num_jobs):
        run = run_of[id(finished.cell)]
        progress.keep(run, finished.figures, finished.seconds)
        say(line(finished, run, progress.errors[run]))


def line(finished: Finished, run: Run, error: float) -> str:
    """Say what a run came to."""
    return f"{run.point!s:50} seed {run.seed}  error {error:6.2f} %  in {finished.seconds:.0f} s"


def errors_by_point(progress: Progress) -> dict[Point, list[float]]:
    """Give the errors of each point, in the order of the seeds."""
    errors: dict[Point, list[float]] = {}
    for run, error in sorted(progress.errors.items()):
        errors.setdefault(run.point, []).append(error)
    return errors

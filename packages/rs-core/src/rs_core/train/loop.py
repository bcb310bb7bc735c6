"""The training loop, in the order in which things happen.

>>> from rs_core import get_recipe
>>> from rs_core.train.config import train_config
>>> config = train_config(get_recipe("resnet_rs_50_i160_laptop"))
>>> directory = train(config)  # doctest: +SKIP
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rs_core.data.order import Parts
from rs_core.errors import UserError
from rs_core.models import build_model
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from rs_core.train.classify import Classification
from rs_core.train.compile import maybe_compile
from rs_core.train.config import TrainConfig
from rs_core.train.ema import floating_state
from rs_core.train.metrics import MetricsLog
from rs_core.train.next_steps import command, next_steps
from rs_core.train.precision import Machine, resolve_device, resolve_machine
from rs_core.train.progress import ProgressDisplay
from rs_core.train.report import write_results
from rs_core.train.run import create_directory, read_config, write_config
from rs_core.train.schedule import learning_rate_schedule, num_steps
from rs_core.train.state import TrainState, initial_state
from rs_core.train.stop import StopRequest, stop_on_signals
from rs_core.train.task import Task

AUGMENTATION, NETWORK = 0, 1  # independent streams of random numbers


def train(config: TrainConfig) -> Path:
    """Train by a config and give the run directory.

    It holds ``config.yaml``, ``metrics.jsonl``, TensorBoard events, ``checkpoints/``, and at the end
    ``model.safetensors`` (averaged weights), ``result.json``, ``curves.png`` and ``report.md``. A SIGTERM or Ctrl-C
    saves a checkpoint and returns early.

    Raises:
        UserError: bad data, a directory in use, a loss that is no longer finite, a full disk.
    """
    task = Classification(config, resolve_device(config.run.device))
    config = config.for_num_classes(len(task.class_names))
    directory = create_directory(config)
    write_config(config, directory)
    return run(config, task, directory)


def resume(directory: Path) -> Path:
    """Continue a run from its newest checkpoint, at the exact step, with the config it was started with.

    Raises:
        UserError: no run there, or what ``train`` raises.
    """
    config = read_config(directory)
    task = Classification(config, resolve_device(config.run.device))
    return run(config, task, directory)


def run(config: TrainConfig, task: Classification, directory: Path) -> Path:
    """Train in ``directory`` from its newest checkpoint, or from the start where there is none."""
    machine = resolve_machine(config.run.device, config.run.precision)
    torch.manual_seed(config.run.seed)
    memory_format = torch.channels_last if config.run.channels_last else torch.contiguous_format
    model = build_model(config.model).to(machine.device, memory_format=memory_format)  # type: ignore[call-overload]
    state = initial_state(config, model, machine)
    checkpoints = list_checkpoints(directory / "checkpoints")
    if checkpoints:
        state.load_state_dict(load_checkpoint(checkpoints[-1]), checkpoints[-1])

    total = num_steps(config.epochs, task.num_train_samples, config.batch_size)
    with ProgressDisplay(state.step, total) as display, MetricsLog(directory, state.step) as metrics:
        trainer = Trainer(config, task, state, total, machine, directory, display, metrics)
        with stop_on_signals() as stop:
            trainer.run(stop)
    if state.step == total:
        write_results(directory, config, task, state, trainer.figures)
        display.say(f"{state.step} steps in {state.seconds:.0f} s; {describe_figures(trainer.figures)}")
        for line in next_steps(directory, config.data):
            display.say(line)
    else:
        display.say(f"{stop.signal_name}: saved step {state.step} of {total}")
        display.say(f"continue with: {command()} train --resume {directory}")
    return directory


class Trainer:
    """Steps, logs, evaluates and saves; one method for each."""

    def __init__(
        self,
        config: TrainConfig,
        task: Task,
        state: TrainState,
        total: int,
        machine: Machine,
        directory: Path,
        display: ProgressDisplay,
        metrics: MetricsLog,
    ) -> None:
        self.config, self.task, self.state, self.total = config, task, state, total
        self.machine = machine
        self.directory, self.display, self.metrics = directory, display, metrics

        # Of the whole run, not of what is left: a resumed run must take the same path to get the same numbers.
        passes = total * config.num_micro_batches
        self.model, path_taken = maybe_compile(state.model, config.run.compile, machine.device, passes)
        self.learning_rate = learning_rate_schedule(config, task.num_train_samples)
        self.steps_per_epoch = task.num_train_samples / config.batch_size
        self.batches = task.batches(
            Parts(
                first_position=state.step * config.batch_size,
                num_batches=total - state.step,
                batch_size=config.batch_size,
                num_parts=config.num_micro_batches,
            )
        )
        self.figures: dict[str, float] = {}
        self.first_bad_step = torch.tensor(-1, device=machine.device)
        self.window: list[dict[str, Tensor]] = []
        self.window_started = self.checkpointed = time.monotonic()
        self.seconds_before = state.seconds - time.monotonic()
        self.announce(path_taken)

    def announce(self, path_taken: str) -> None:
        """Say what will run, on what, and how."""
        config = self.config
        images = f"{self.task.num_train_samples} training images"
        batch = f"batch {config.batch_size}"
        if config.num_micro_batches > 1:
            batch += f" in {config.num_micro_batches} parts"
        self.display.say(f"{config.recipe}: {images}, {config.epochs:g} epochs, {self.total} steps, {batch}")
        self.display.say(f"{self.machine}, {path_taken}")
        if config.schedule.warmup_epochs >= config.epochs:
            self.display.say(
                f"the warm-up of {config.schedule.warmup_epochs:g} epochs lasts to the end; "
                "schedule.warmup_epochs makes it shorter"
            )
        if self.state.step:
            self.display.say(f"resumed at step {self.state.step}")
        for change in self.state.edited:
            self.display.say(f"edited since the checkpoint: {change}")

    def run(self, stop: StopRequest) -> None:
        """Train to the last step or until asked to stop; the state is on the disk afterwards."""
        first_step = self.state.step
        while self.state.step < self.total and not stop:
            self.train_step()
            if self.due(self.config.run.log_every):
                self.log()
            if self.due(self.config.run.evaluate_every * self.steps_per_epoch):
                self.evaluate()
            if time.monotonic() - self.checkpointed > 60 * self.config.run.checkpoint_every:
                self.save()
        if not self.figures and not stop:
            self.evaluate()  # a run that was complete already
        if self.state.step > first_step:
            self.save()

    def due(self, every: float) -> bool:
        """Tell whether the step just taken ends an interval of ``every`` steps, whole or not, or the run."""
        step = self.state.step
        return int(step / every) > int((step - 1) / every) or step == self.total

    def train_step(self) -> None:
        """Take one optimiser step over the micro-batches of a batch; nothing here waits for the device."""
        state, config = self.state, self.config
        generator = torch.Generator().manual_seed(step_seed(config.run.seed, state.step, AUGMENTATION))
        torch.manual_seed(step_seed(config.run.seed, state.step, NETWORK))
        learning_rate = self.learning_rate(state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate

        measured: dict[str, Tensor] = {}
        for batch in take(self.batches, config.num_micro_batches):
            with self.machine.autocast():
                loss, others = self.task.loss(self.model, batch, generator)
            state.scaler.scale(loss / config.num_micro_batches).backward()  # type: ignore[no-untyped-call]
            for name, value in {"train/loss": loss.detach(), **others}.items():
                measured[name] = measured.get(name, 0) + value / config.num_micro_batches

        if config.optimizer.clip_grad_norm:
            state.scaler.unscale_(state.optimizer)
            norm = nn.utils.clip_grad_norm_(state.model.parameters(), config.optimizer.clip_grad_norm)
            measured["train/grad_norm"] = norm
        state.scaler.step(state.optimizer)
        state.scaler.update()
        state.optimizer.zero_grad(set_to_none=True)
        state.ema.update(state.model)

        is_first_bad = ~torch.isfinite(measured["train/loss"]) & (self.first_bad_step < 0)
        self.first_bad_step = torch.where(is_first_bad, state.step, self.first_bad_step)
        self.window.append(measured)
        state.step += 1
        self.display.advance(state.step)

    def log(self) -> None:
        """Write the means since the last log; here the host waits for the device."""
        self.refuse_bad_loss()
        figures = {
            name: torch.stack([step[name] for step in self.window]).float().mean().item() for name in self.window[0]
        }
        images = len(self.window) * self.config.batch_size
        figures["train/images_per_second"] = images / (time.monotonic() - self.window_started)
        figures["train/learning_rate"] = self.learning_rate(self.state.step - 1)
        figures["train/epoch"] = self.state.step / self.steps_per_epoch
        self.metrics.write(self.state.step, figures)
        self.display.report(self.state.step, describe_figures(figures))
        self.window = []
        self.window_started = time.monotonic()

    def evaluate(self) -> None:
        """Judge the averaged model on all held-out samples."""
        with self.outside_window(), self.machine.autocast():
            self.figures = self.task.evaluate(self.state.ema.model)
        self.metrics.write(self.state.step, self.figures)
        epoch = self.state.step / self.steps_per_epoch
        self.display.say(f"epoch {epoch:.1f}  {describe_figures(self.figures)}")

    def save(self) -> None:
        """Write a checkpoint, unless the loss or the weights have gone bad since the last one."""
        with self.outside_window():
            self.refuse_bad_loss()
            self.refuse_bad_weights()
            self.state.seconds = self.seconds_before + time.monotonic()
            directory = self.directory / "checkpoints"
            save_checkpoint(directory, self.state.step, self.state.state_dict(), self.config.run.keep_checkpoints)
        self.checkpointed = time.monotonic()

    def refuse_bad_loss(self) -> None:
        """Stop the run if a loss since the last look was not finite.

        Raises:
            UserError: naming the step and the last good checkpoint.
        """
        bad_step = int(self.first_bad_step.item())
        if bad_step >= 0:
            raise self.diverged(f"the loss of step {bad_step} is not finite")

    def refuse_bad_weights(self) -> None:
        """Stop the run if a weight is not finite: a bad gradient shows in the weights before it shows in a loss.

        Raises:
            UserError: naming the step and the last good checkpoint.
        """
        if not torch.stack([tensor.isfinite().all() for tensor in floating_state(self.state.model)]).all():
            raise self.diverged(f"the weights after step {self.state.step - 1} are not finite")

    def diverged(self, what: str) -> UserError:
        """Say what went wrong, where the last good state is, and what to try."""
        good = list_checkpoints(self.directory / "checkpoints")
        advice = f"the last good checkpoint is {good[-1]}" if good else "there is no checkpoint yet"
        return UserError(
            f"{what}; {advice}; try a lower optimizer.learning_rate_per_256, a longer warm-up or run.precision=float32"
        )

    @contextmanager
    def outside_window(self) -> Iterator[None]:
        """Keep the time spent inside out of the training rate."""
        started = time.monotonic()
        yield
        self.window_started += time.monotonic() - started


def take(batches: Iterator[Any], count: int) -> Iterator[Any]:
    """Give the next ``count`` batches."""
    for _ in range(count):
        yield next(batches)


def step_seed(seed: int, step: int, stream: int) -> int:
    """Give the 32-bit seed of one stream of random numbers at one step; CPU generators look at 32 bits only."""
    return int(np.random.SeedSequence([seed, step, stream]).generate_state(1)[0])


FIGURE_FORMATS = {
    "train/loss": "loss {:.3f}",
    "train/learning_rate": "lr {:.4f}",
    "train/images_per_second": "{:.0f} images/s",
    "val/top1": "top-1 {:.2f} %",
    "val/top5": "top-5 {:.2f} %",
    "val/loss": "held-out loss {:.3f}",
}


def describe_figures(figures: dict[str, float]) -> str:
    """Give the figures that a person watches, in a fixed order."""
    return "  ".join(form.format(figures[name]) for name, form in FIGURE_FORMATS.items() if name in figures)

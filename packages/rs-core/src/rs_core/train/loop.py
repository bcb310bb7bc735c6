"""The training loop, in the order in which things happen.

>>> from rs_core import get_recipe
>>> from rs_core.train.config import train_config
>>> config = train_config(get_recipe("resnet_rs_50_i160_laptop"))
>>> directory = train(config)  # doctest: +SKIP
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rs_core.data.order import Parts
from rs_core.data.skips import SkipLedger
from rs_core.errors import UserError
from rs_core.train.batch_norm import synchronize_batch_norm
from rs_core.train.checkpoint import CheckpointWriter, list_checkpoints, load_checkpoint
from rs_core.train.compile import maybe_compile
from rs_core.train.config import LoopConfig, TrainConfig
from rs_core.train.ema import floating_state
from rs_core.train.figures import describe_figures
from rs_core.train.metrics import MetricsLog
from rs_core.train.next_steps import command
from rs_core.train.precision import Machine, resolve_device, resolve_machine
from rs_core.train.progress import ProgressDisplay
from rs_core.train.ranks import Ranks, join_ranks, without_exchange
from rs_core.train.report import write_results
from rs_core.train.run import open_directory, read_config
from rs_core.train.schedule import learning_rate_schedule, num_steps
from rs_core.train.state import TrainState, initial_state
from rs_core.train.stop import StopRequest, stop_on_signals
from rs_core.train.task import Task
from rs_core.weights.initial import start_from

AUGMENTATION, NETWORK = 0, 1  # independent streams of random numbers


def train(config: LoopConfig) -> Path:
    """Train by a config and give the run directory.

    It holds ``config.yaml``, ``metrics.jsonl``, TensorBoard events, ``checkpoints/``, and at the end
    ``model.safetensors`` (averaged weights), ``result.json``, ``curves.png`` and ``report.md``. A SIGTERM or Ctrl-C
    saves a checkpoint and returns early. Started by ``torchrun``, all its processes train one model; started again by
    it, they continue.

    Raises:
        UserError: bad data, a directory in use, a loss that is no longer finite, a full disk, a lost process.
    """
    device = resolve_device(config.run.device)
    with join_ranks(device, config.run.rank_timeout) as ranks:
        task = config.open_task(device, ranks)
        directory = Path(ranks.from_main(lambda: str(open_directory(task.config))))
        run(task, directory, ranks)
    return directory


def resume(directory: Path, config_type: type[LoopConfig] = TrainConfig) -> Path:
    """Continue a run from its newest checkpoint, at the exact step, with the config it was started with.

    ``config_type`` says what the run trains: it is that of its config.

    Raises:
        UserError: no run there, or what ``train`` raises.
    """
    config = read_config(directory, config_type)
    device = resolve_device(config.run.device)
    with join_ranks(device, config.run.rank_timeout) as ranks:
        run(config.open_task(device, ranks), directory, ranks)
    return directory


def run(task: Task, directory: Path, ranks: Ranks) -> None:
    """Train in ``directory`` from its newest checkpoint, or from the start where there is none."""
    config = task.config
    machine = resolve_machine(config.run.device, config.run.precision)
    torch.manual_seed(config.run.seed)
    model = config.build_network().to(machine.device)
    checkpoints = list_checkpoints(directory / "checkpoints")
    start = "" if checkpoints or not config.initial_weights else start_from(model, config.initial_weights)
    model.freeze(*config.freeze)
    if config.run.channels_last:
        model = model.to(memory_format=config.model.channels_last)
    state = initial_state(config, model, machine)
    if checkpoints:
        state.load_state_dict(load_checkpoint(checkpoints[-1]), checkpoints[-1])

    total = num_steps(config.epochs, task.num_train_samples, config.batch_size)
    with (
        ProgressDisplay(state.step, total, quiet=not ranks.is_main) as display,
        MetricsLog(directory, state.step) if ranks.is_main else nullcontext() as metrics,
        CheckpointWriter(directory / "checkpoints", config.run.keep_checkpoints) as writer,
        SkipLedger(
            directory,
            first_position=state.step * config.batch_size,
            max_share=config.data.max_skipped_share,
            rank=ranks.rank,
            num_ranks=ranks.num_ranks,
        ) as ledger,
        stop_on_signals() as stop,
    ):
        trainer = Trainer(task, state, total, machine, ranks, display, metrics, writer, ledger)
        if start:
            display.say(start)
        trainer.run(stop)
    if state.step < total:
        display.say(f"{stop.signal_name or 'stopped with another process'}: saved step {state.step} of {total}")
        display.say(f"continue with: {command(config.program)} {config.command} --resume {directory}")
    elif ranks.is_main:
        write_results(directory, task, state, trainer.figures)
        display.say(f"{state.step} steps in {state.seconds:.0f} s; {describe_figures(trainer.figures)}")
        for line in task.next_steps(directory):
            display.say(line)


class Trainer:
    """Steps, logs, evaluates and saves; one method for each."""

    def __init__(
        self,
        task: Task,
        state: TrainState,
        total: int,
        machine: Machine,
        ranks: Ranks,
        display: ProgressDisplay,
        metrics: MetricsLog | None,
        writer: CheckpointWriter,
        ledger: SkipLedger,
    ) -> None:
        config = task.config
        self.config, self.task, self.state, self.total = config, task, state, total
        self.machine, self.ranks = machine, ranks
        self.display, self.metrics, self.writer, self.ledger = display, metrics, writer, ledger

        self.parts = Parts(
            first_position=state.step * config.batch_size,
            num_batches=total - state.step,
            batch_size=config.batch_size,
            num_parts=config.num_parts(ranks.num_ranks),
            rank=ranks.rank,
            num_ranks=ranks.num_ranks,
        )
        self.batches = task.batches(self.parts)
        if config.run.batch_norm == "synchronized" and ranks.num_ranks > 1:
            synchronize_batch_norm(state.model, machine.device)
        self.parallel = ranks.wrap(state.model, machine.device)
        # Of the whole run, not of what is left: a resumed run must take the same path to get the same numbers.
        passes = total * self.parts.parts_per_rank
        self.model, path_taken = maybe_compile(self.parallel, config.run.compile, machine.device, passes)
        self.learning_rate = learning_rate_schedule(config, task.num_train_samples)
        self.steps_per_epoch = task.num_train_samples / config.batch_size
        self.figures: dict[str, float] = {}
        self.first_bad_step = torch.tensor(-1, device=machine.device)
        self.window: list[dict[str, Tensor]] = []
        self.window_started = self.checkpointed = time.monotonic()
        self.seconds_before = state.seconds - time.monotonic()
        self.announce(path_taken)

    def announce(self, path_taken: str) -> None:
        """Say what will run, on what, and how."""
        config = self.config
        samples = f"{self.task.num_train_samples} training {self.task.sample_noun}"
        batch = f"batch {config.batch_size}"
        if self.parts.num_parts > 1:
            batch += f" in {self.parts.num_parts} parts"
        if self.ranks.num_ranks > 1:
            batch += f" on {self.ranks.num_ranks} ranks"
        self.display.say(f"{config.recipe}: {samples}, {config.epochs:g} epochs, {self.total} steps, {batch}")
        self.display.say(f"{self.machine}, {path_taken}; {self.task.input_in_words}")
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
        stopping = bool(stop)
        while self.state.step < self.total and not stopping:
            self.train_step()
            stopping, saving = self.ranks.any(self.state.step, bool(stop), self.checkpoint_is_due())
            if self.due(self.config.run.log_every):
                self.log()
            if self.due(self.config.run.evaluate_every * self.steps_per_epoch):
                self.evaluate()
            if saving:
                self.save()
        if not self.figures and not stopping:
            self.evaluate()  # a run that was complete already
        if self.state.step > first_step:
            self.save()
            self.writer.finish()

    def checkpoint_is_due(self) -> bool:
        """Tell whether the last checkpoint is old enough for another."""
        return time.monotonic() - self.checkpointed > 60 * self.config.run.checkpoint_every

    def due(self, every: float) -> bool:
        """Tell whether the step just taken ends an interval of ``every`` steps, whole or not, or the run."""
        step = self.state.step
        return int(step / every) > int((step - 1) / every) or step == self.total

    def train_step(self) -> None:
        """Take one optimiser step over this rank's parts of a batch; nothing here waits for the device."""
        state, config, num_parts = self.state, self.config, self.parts.parts_per_rank
        learning_rate = self.learning_rate(state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate

        measured: dict[str, Tensor] = {}
        for own, batch in enumerate(take(self.batches, num_parts)):
            part = self.ranks.rank * num_parts + own
            self.ledger.note(batch.skipped)
            generator = torch.Generator().manual_seed(part_seed(config.run.seed, state.step, AUGMENTATION, part))
            torch.manual_seed(part_seed(config.run.seed, state.step, NETWORK, part))
            with without_exchange(self.parallel, last=own == num_parts - 1):
                with self.machine.autocast():
                    loss, others = self.task.loss(self.model, batch, generator)
                state.scaler.scale(loss / num_parts).backward()  # type: ignore[no-untyped-call]
            for name, value in {"train/loss": loss.detach(), **others}.items():
                measured[name] = measured.get(name, 0) + value / num_parts

        if config.optimizer.clip_grad_norm:
            state.scaler.unscale_(state.optimizer)
            norm = nn.utils.clip_grad_norm_(state.model.parameters(), config.optimizer.clip_grad_norm)
            measured["train/grad_norm"] = norm
        state.scaler.step(state.optimizer)
        state.scaler.update()
        state.optimizer.zero_grad(set_to_none=True)
        if config.run.batch_norm == "device":
            self.ranks.average_in_place([buffer for buffer in state.model.buffers() if buffer.is_floating_point()])
        state.ema.update(state.model)

        is_first_bad = ~torch.isfinite(measured["train/loss"]) & (self.first_bad_step < 0)
        self.first_bad_step = torch.where(is_first_bad, state.step, self.first_bad_step)
        self.window.append(measured)
        state.step += 1
        self.ledger.check(state.step * config.batch_size * config.samples_per_position)
        self.display.advance(state.step)

    def log(self) -> None:
        """Write the means over the steps since the last log and over all ranks; here the host waits for the device."""
        self.refuse_bad_loss()
        names = list(self.window[0])
        sums = torch.stack([torch.stack([step[name] for step in self.window]).float().mean() for name in names])
        figures = dict(zip(names, self.ranks.mean(sums).tolist(), strict=True))
        num_samples = len(self.window) * self.config.batch_size * self.config.samples_per_position
        figures[f"train/{self.task.sample_noun}_per_second"] = num_samples / (time.monotonic() - self.window_started)
        figures["train/learning_rate"] = self.learning_rate(self.state.step - 1)
        figures["train/epoch"] = self.state.step / self.steps_per_epoch
        self.record(figures)
        self.display.report(self.state.step, describe_figures(figures))
        self.window = []
        self.window_started = time.monotonic()

    def evaluate(self) -> None:
        """Judge the averaged model on all held-out samples."""
        with self.outside_window(), self.machine.autocast():
            self.figures = self.task.evaluate(self.state.ema.model)
        self.record(self.figures)
        epoch = self.state.step / self.steps_per_epoch
        self.display.say(f"epoch {epoch:.1f}  {describe_figures(self.figures)}")

    def record(self, figures: dict[str, float]) -> None:
        """Keep figures of the step just taken."""
        if self.metrics is not None:
            self.metrics.write(self.state.step, figures)

    def save(self) -> None:
        """Begin to write a checkpoint, unless the loss or the weights have gone bad since the last one."""
        with self.outside_window():
            self.refuse_bad_loss()
            self.refuse_bad_weights()
            self.state.seconds = self.seconds_before + time.monotonic()
            if self.ranks.is_main:
                self.writer.start(self.state.step, self.state.state_dict())
        self.checkpointed = time.monotonic()

    def refuse_bad_loss(self) -> None:
        """Stop the run if a loss since the last look was not finite.

        Raises:
            UserError: naming the step and the last good checkpoint.
        """
        bad_step = int(self.ranks.largest(self.first_bad_step).item())
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
        self.writer.finish()
        good = list_checkpoints(self.writer.directory)
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


def part_seed(seed: int, step: int, stream: int, part: int) -> int:
    """Give the 32-bit seed of a stream of random numbers for one part of a batch; CPU generators look at 32 bits only.

    ``part`` counts over all ranks: the same parts get the same numbers, whichever rank they fall to.
    """
    return int(np.random.SeedSequence([seed, step, stream, part]).generate_state(1)[0])

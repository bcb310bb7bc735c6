"""What a person and ``metrics.jsonl`` see of a run on the engine of mm*."""

import math
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch import Tensor

from rs_core.errors import UserError
from rs_core.train.metrics import MetricsLog
from rs_core.train.progress import ProgressDisplay

# What mm* says at every start, or of its own making; nothing in them concerns the run.
KNOWN_WARNINGS = (
    "Failed to search registry with scope",
    "pkg_resources is deprecated",
    "Deprecated call to `pkg_resources",
    "The current default scope",
    r".*threshold.* is deprecated",
    r".*build_loss.* would be deprecated",
    "Default ``avg_non_ignore`` is False",
    "torch.meshgrid",
    "__floordiv__ is deprecated",
)


def quiet_engine() -> None:
    """Leave out the warnings of mm* that concern no run."""
    for message in KNOWN_WARNINGS:
        warnings.filterwarnings("ignore", message=message)


@HOOKS.register_module()
class RunLog(Hook):
    """Prints loss and rate, keeps all figures in ``metrics.jsonl`` and TensorBoard events, stops a run that diverges.

    Args:
        every: steps between two lines; at no other step does this wait for the device.
    """

    priority = "BELOW_NORMAL"

    def __init__(self, every: int) -> None:
        self.period = every
        self.window: list[dict[str, Tensor]] = []

    def before_train(self, runner: Any) -> None:
        """Open the log and say what will run."""
        self.display = ProgressDisplay(runner.iter, runner.max_iters, quiet=runner.rank != 0)
        self.display.bar.start()
        self.metrics = MetricsLog(Path(runner.work_dir), runner.iter) if runner.rank == 0 else None
        self.started = time.monotonic()
        if runner.iter:
            self.display.say(f"resumed at step {runner.iter}")

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: dict[str, Tensor] | None = None
    ) -> None:
        """Note the losses of a step; now and then, and at the last one, write and print their means."""
        losses = {name: value for name, value in (outputs or {}).items() if is_number(value)}
        self.window.append({name: torch.as_tensor(value).detach() for name, value in losses.items()})
        step = runner.iter + 1
        self.display.advance(step)
        if step % self.period == 0 or step == runner.max_iters:
            self.report(runner, step)

    def report(self, runner: Any, step: int) -> None:
        """Write and print the means since the last time.

        Raises:
            UserError: a loss that is not finite.
        """
        names = [name for name in self.window[0] if all(name in losses for losses in self.window)]
        means = {name: sum(float(losses[name]) for losses in self.window) / len(self.window) for name in names}
        if not math.isfinite(means.get("loss", 0.0)):
            raise UserError(
                f"the loss is not finite between steps {step - len(self.window) + 1} and {step}; "
                "try a lower optimizer.learning_rate or a longer warm-up"
            )
        rate = len(self.window) * runner.train_dataloader.batch_size * runner.world_size
        rate /= time.monotonic() - self.started
        learning_rate = next(iter(runner.optim_wrapper.get_lr().values()))[0]
        self.write(
            step,
            {
                **{f"train/{name}": mean for name, mean in means.items()},
                "train/images_per_second": rate,
                "train/learning_rate": learning_rate,
            },
        )
        parts = "  ".join(f"{name.removeprefix('loss_')} {mean:.3f}" for name, mean in means.items() if name != "loss")
        loss = f"loss {means['loss']:.3f}" if "loss" in means else ""
        shown = [loss, f"({parts})" if parts else "", f"{rate:.3g} images/s"]
        self.display.report(step, "  ".join(filter(None, shown)))
        self.window = []
        self.started = time.monotonic()

    def after_val_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Write what an evaluation gave; the time that it took is not the training's."""
        figures = {f"val/{name}": float(value) for name, value in (metrics or {}).items() if is_number(value)}
        self.write(runner.iter, figures)
        self.started = time.monotonic()

    def write(self, step: int, figures: dict[str, float]) -> None:
        """Keep figures of a step."""
        if self.metrics is not None:
            self.metrics.write(step, figures)

    def after_train(self, runner: Any) -> None:
        """Close the log."""
        self.display.bar.stop()
        if self.metrics is not None:
            self.metrics.file.close()
            self.metrics.board.close()


def is_number(value: Any) -> bool:
    """Tell numbers and tensors of one number from what else a step puts out."""
    return value.numel() == 1 if isinstance(value, Tensor) else isinstance(value, int | float)

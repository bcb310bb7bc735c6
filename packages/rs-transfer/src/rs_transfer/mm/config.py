"""What all tasks on the engine of mm* share: starting point, optimiser, schedule, and the config that mm* reads."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.models import ResNetConfig
from rs_core.recipes.recipe import refuse_negative
from rs_core.train.precision import Precision, resolve_machine
from rs_transfer.mm.start import Start, open_start
from rs_transfer.scenes import Scenes

SCENES = "scenes"
"""``root`` for the built-in scenes, which a run writes into its own directory."""


@dataclass(frozen=True, kw_only=True)
class DenseOptimizerConfig:
    """Optimiser and schedule of a run on the engine of mm*.

    Args:
        kind: ``sgd`` with momentum, or ``adamw``.
        learning_rate: peak, of the whole batch.
        momentum: of SGD.
        weight_decay: on all parameters, as the configs of mm* have it.
        clip_grad_norm: largest gradient norm, 0 for no clipping.
        warmup_steps: of a linear warm-up from a thousandth.
        decay: ``step`` to a tenth at each of ``milestones``, ``poly`` with power 0.9, or ``cosine``; the last two end
            at 0.
        milestones: shares of all steps.
    """

    kind: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 1e-4
    clip_grad_norm: float = 0.0
    warmup_steps: int = 0
    decay: Literal["step", "poly", "cosine"] = "poly"
    milestones: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse unknown words and numbers out of range."""
        check_choices(self)
        refuse_negative(self, "learning_rate", "momentum", "weight_decay", "clip_grad_norm", "warmup_steps")
        if not all(0 < share < 1 for share in self.milestones):
            raise UserError(f"optimizer.milestones={self.milestones}: give shares of all steps, between 0 and 1")

    def mm_optimizer(self) -> dict[str, Any]:
        """Give the optimiser as mm* reads it."""
        if self.kind == "adamw":
            return {"type": "AdamW", "lr": self.learning_rate, "weight_decay": self.weight_decay}
        return {
            "type": "SGD",
            "lr": self.learning_rate,
            "momentum": self.momentum,
            "weight_decay": self.weight_decay,
        }

    def mm_schedule(self, num_steps: int) -> list[dict[str, Any]]:
        """Give warm-up and decay as mm* reads them."""
        schedule: list[dict[str, Any]] = []
        span = {"by_epoch": False, "begin": self.warmup_steps, "end": num_steps}
        if self.warmup_steps:
            warmup = {"type": "LinearLR", "start_factor": 0.001, "by_epoch": False}
            schedule.append({**warmup, "begin": 0, "end": self.warmup_steps})
        if self.decay == "poly":
            schedule.append({"type": "PolyLR", "power": 0.9, "eta_min": 0.0, **span})
        elif self.decay == "cosine":
            steps = num_steps - self.warmup_steps
            schedule.append({"type": "CosineAnnealingLR", "T_max": steps, "eta_min": 0.0, **span})
        elif self.milestones:
            milestones = [round(share * num_steps) for share in self.milestones]
            schedule.append({"type": "MultiStepLR", "by_epoch": False, "milestones": milestones, "gamma": 0.1})
        return schedule


@dataclass(frozen=True, kw_only=True)
class DenseRunConfig:
    """How a run on the engine of mm* uses the machine and what it leaves behind.

    Args:
        directory: where the run goes; empty for ``runs/<recipe>-<date>-<time>``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        precision: ``auto`` is bfloat16 on GPUs that compute in it, else float32; on a CPU mm* knows float32 alone.
        num_workers: loading processes, 0 for none.
        rank_timeout: minutes to wait for another process before the run ends with a message.
        seed: of weights, order and augmentation.
        log_every: steps between two log lines.
        evaluate_every: steps between two evaluations, 0 for one at the end alone.
        checkpoint_every: steps between two checkpoints.
        keep_checkpoints: how many of the newest stay.
    """

    directory: str = ""
    device: str = "auto"
    precision: Precision = "auto"
    num_workers: int = 2
    rank_timeout: float = 10.0
    seed: int = 0
    log_every: int = 50
    evaluate_every: int = 0
    checkpoint_every: int = 1000
    keep_checkpoints: int = 2

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        check_choices(self)
        refuse_negative(self, "num_workers", "seed", "evaluate_every")
        if not self.rank_timeout > 0:
            raise UserError(f"run.rank_timeout={self.rank_timeout}: give a number of minutes above 0")
        for name in ("log_every", "checkpoint_every", "keep_checkpoints"):
            if getattr(self, name) < 1:
                raise UserError(f"run.{name}={getattr(self, name)}: give at least 1")


@dataclass(frozen=True, kw_only=True)
class DenseConfig(ABC):
    """All that describes a fine-tuning on the engine of mm*; each task adds what it needs.

    Args:
        recipe: its name.
        weights: the starting point: anything that ``rs_core.load_pretrained`` takes; empty for random weights.
        model: the network of a random start; weights bring their own.
        root: folder of the data set, or ``scenes`` for the built-in ones.
        num_steps: optimiser steps.
        batch_size: images of a step, on each process.
        norm_eval: whether batch norm of the backbone keeps its statistics, as is usual with batches of two images.
        frozen_stages: parts of the backbone that do not learn: -1 none, 0 the stem, 1 the stem and c2, and so on.
        optimizer: and its schedule.
        run: how the machine is used.
    """

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str]
    """Which command trains and resumes this."""
    scope: ClassVar[str]
    """The library of mm* that has the model: ``mmdet`` or ``mmseg``."""
    headline: ClassVar[str]
    """The figure of ``result.json`` that a comparison shows; larger is better."""

    recipe: str
    weights: str = ""
    model: ResNetConfig
    root: str
    num_steps: int
    batch_size: int
    norm_eval: bool = False
    frozen_stages: int = -1
    optimizer: DenseOptimizerConfig = field(default_factory=DenseOptimizerConfig)
    run: DenseRunConfig = field(default_factory=DenseRunConfig)

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        check_choices(self)
        if self.num_steps < 1 or self.batch_size < 1:
            raise UserError(f"num_steps={self.num_steps}, batch_size={self.batch_size}: give at least 1")
        if self.optimizer.warmup_steps >= self.num_steps:
            steps = self.optimizer.warmup_steps
            raise UserError(f"optimizer.warmup_steps={steps}: lasts for all {self.num_steps} steps; give fewer")

    @abstractmethod
    def on(self, scenes: Scenes) -> Self:
        """Give the config that trains on built-in scenes which are written already."""

    @abstractmethod
    def check_data(self) -> None:
        """Look whether the data set is whole.

        Raises:
            UserError: what is missing or damaged, where, and what to do.
        """

    @abstractmethod
    def network(self, start: Start) -> dict[str, Any]:
        """Give ``model=`` of mm*: the backbone with neck and heads, for pixels as the backbone knows them."""

    @abstractmethod
    def train_dataset(self) -> dict[str, Any]:
        """Give the training data set of mm* with its augmentation."""

    @abstractmethod
    def test_dataset(self) -> dict[str, Any]:
        """Give the data set of mm* that is evaluated on."""

    @abstractmethod
    def metrics(self) -> list[dict[str, Any]]:
        """Give the metrics of mm*."""

    @abstractmethod
    def figures(self, measured: dict[str, float]) -> dict[str, float]:
        """Turn what the metrics give into named figures for ``result.json``; shares in per cent."""

    def mm_config(self) -> dict[str, Any]:
        """Give the whole config as mm* reads it; it works with the tools of mm* too.

        Raises:
            UserError: weights that cannot be had, or a device that is not there.
        """
        machine = resolve_machine(self.run.device, self.run.precision)
        seed = self.run.seed
        loader = {
            "num_workers": self.run.num_workers,
            "persistent_workers": self.run.num_workers > 0,
            "pin_memory": machine.device.type == "cuda",
        }
        optim_wrapper: dict[str, Any] = {"type": "OptimWrapper", "optimizer": self.optimizer.mm_optimizer()}
        if machine.device.type == "cuda" and machine.dtype.itemsize == 2:
            optim_wrapper |= {"type": "AmpOptimWrapper", "dtype": str(machine.dtype).removeprefix("torch.")}
        if self.optimizer.clip_grad_norm:
            optim_wrapper["clip_grad"] = {"max_norm": self.optimizer.clip_grad_norm}
        return {
            "custom_imports": {"imports": ["rs_transfer.mm", type(self).__module__], "allow_failed_imports": False},
            "default_scope": self.scope,
            "device": str(machine.device),
            "model": self.network(
                open_start(self.weights, self.model, frozen_stages=self.frozen_stages, norm_eval=self.norm_eval)
            ),
            "train_dataloader": {
                **loader,
                "batch_size": self.batch_size,
                "sampler": {"type": "OrderSampler", "seed": seed},
                "dataset": {"type": "PositionedDataset", "seed": seed, "dataset": self.train_dataset()},
            },
            "val_dataloader": {
                **loader,
                "batch_size": 1,
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": self.test_dataset(),
            },
            "val_evaluator": self.metrics(),
            "train_cfg": {
                "type": "StepLoop",
                "num_steps": self.num_steps,
                "evaluate_every": self.run.evaluate_every,
            },
            "val_cfg": {"type": "ValLoop"},
            "optim_wrapper": optim_wrapper,
            "param_scheduler": self.optimizer.mm_schedule(self.num_steps),
            "default_hooks": {
                "timer": None,
                "logger": None,
                "sampler_seed": None,
                "checkpoint": {
                    "type": "CheckpointHook",
                    "by_epoch": False,
                    "interval": self.run.checkpoint_every,
                    "max_keep_ckpts": self.run.keep_checkpoints,
                },
            },
            "custom_hooks": [{"type": "PlainCheckpoints"}, {"type": "RunLog", "every": self.run.log_every}],
            "env_cfg": {
                "cudnn_benchmark": machine.device.type == "cuda",
                "mp_cfg": {"mp_start_method": "fork", "opencv_num_threads": 0},
                "dist_cfg": {"backend": "nccl"},
            },
            "visualizer": {"type": "Visualizer", "vis_backends": []},
            "randomness": {"seed": seed},
            "log_level": "ERROR",
        }

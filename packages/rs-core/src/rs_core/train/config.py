"""All that describes a run: the recipe, the data it is applied to, and how the machine is used."""

from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, Self

import torch

from rs_core.choices import check_choices
from rs_core.data.decode import DecodeConfig
from rs_core.data.skips import MAX_SKIPPED_SHARE
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork, build_model
from rs_core.recipes import BaseRecipe, Recipe
from rs_core.recipes.recipe import refuse_negative
from rs_core.train.precision import Precision
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task

DIGITS = "digits"
Compile = Literal["auto", "on", "off"]
BatchNorm = Literal["device", "synchronized"]


@dataclass(frozen=True, kw_only=True)
class LoadingConfig:
    """Where samples are and how they are read, whatever they are.

    Args:
        root: folder or name of the data set.
        num_workers: decoding processes, 0 for none, -1 for as many as help.
        run_length: neighbours in the data set that stay together in the shuffled order, so that one read brings them
            all; for storage where random reads are slow, and data without order, such as shuffled shards.
        max_skipped_share: of the training samples seen; with more that cannot be read, the run stops.
    """

    root: str = ""
    num_workers: int = -1
    run_length: int = 1
    max_skipped_share: float = MAX_SKIPPED_SHARE

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not 0 <= self.max_skipped_share <= 1:
            raise UserError(f"data.max_skipped_share={self.max_skipped_share}: give a share of the samples, in [0, 1]")
        if self.run_length < 1:
            raise UserError(f"data.run_length={self.run_length}: give at least 1")
        if self.num_workers < -1:
            raise UserError(f"data.num_workers={self.num_workers}: give -1 (one per core), 0 or more")

    @property
    def trained_on(self) -> str:
        """What a run was trained on, for titles."""
        return self.root


@dataclass(frozen=True, kw_only=True)
class DataConfig(LoadingConfig):
    """Where the images are.

    Args:
        root: folder with ``train/`` and ``val/``, one folder per class in each; with CSV files, the folder that their
            paths start from; or ``digits``, the built-in handwritten digits.
        train_csv: list of training images with columns ``file,label``.
        val_csv: list of held-out images, likewise.
        train_index: training samples as ``rs-core index`` wrote them, instead of ``root``.
        val_index: held-out samples, likewise.
        decode: how files become pixels.
    """

    root: str = DIGITS
    train_csv: str = ""
    val_csv: str = ""
    train_index: str = ""
    val_index: str = ""
    decode: DecodeConfig = field(default_factory=DecodeConfig)

    def __post_init__(self) -> None:
        """Refuse training images without held-out ones, and values out of range."""
        super().__post_init__()
        for train, val in (("train_csv", "val_csv"), ("train_index", "val_index")):
            if getattr(self, train) and not getattr(self, val):
                raise UserError(f"data.{train} needs data.{val} beside it: the held-out images")
        if self.train_index and (self.train_csv or self.root != DIGITS):
            raise UserError("data.train_index says where the images are; leave out data.root and data.train_csv")

    @property
    def trained_on(self) -> str:
        """What a run was trained on: its index or its data set."""
        return self.train_index or self.root


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """How a run uses the machine and what it leaves behind.

    Args:
        directory: where the run goes; empty for ``runs/<recipe>-<date>-<time>``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        precision: ``auto`` is bfloat16 where the device computes in it, else float32.
        compile: ``auto`` compiles the training step where a compiler is present and the run is long enough to earn
            it back.
        channels_last: memory format of input and weights; it is the fast one.
        micro_batch_size: most samples in one forward pass; a larger batch is split evenly and its gradients summed.
        batch_norm: ``device`` normalises each forward pass of each process on its own, ``synchronized`` over all
            processes that train together.
        rank_timeout: minutes to wait for another of these processes before the run ends with a message.
        seed: of weights, order and augmentation.
        log_every: steps between two log lines, the only moments when the host waits for the device.
        evaluate_every: epochs between two evaluations.
        checkpoint_every: minutes between two checkpoints.
        keep_checkpoints: how many of the newest stay.
    """

    directory: str = ""
    device: str = "auto"
    precision: Precision = "auto"
    compile: Compile = "auto"
    channels_last: bool = True
    micro_batch_size: int = 256
    batch_norm: BatchNorm = "device"
    rank_timeout: float = 10.0
    seed: int = 0
    log_every: int = 50
    evaluate_every: float = 1.0
    checkpoint_every: float = 10.0
    keep_checkpoints: int = 2

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        check_choices(self)
        refuse_negative(self, "checkpoint_every", "seed")
        if not self.evaluate_every > 0:
            raise UserError(f"run.evaluate_every={self.evaluate_every}: give a number of epochs above 0")
        if not self.rank_timeout > 0:
            raise UserError(f"run.rank_timeout={self.rank_timeout}: give a number of minutes above 0")
        for name in ("micro_batch_size", "log_every", "keep_checkpoints"):
            if getattr(self, name) < 1:
                raise UserError(f"run.{name}={getattr(self, name)}: give at least 1")


@dataclass(frozen=True, kw_only=True)
class LoopConfig(BaseRecipe):
    """All that the loop reads: a recipe with data and machine, enough to repeat a run; ``config.yaml`` holds it.

    For each task there is one that adds what its samples need, and narrows ``model`` and ``data``.

    Args:
        initial_weights: what training starts from: a run, a file or the name of published weights; empty for random
            weights. A classifier of other classes starts anew.
        freeze: parts of the network that do not learn: ``stem``, and ``c2`` to ``c5``, the stages.
        data: where the samples are.
        run: how the machine is used.
    """

    program: ClassVar[str]
    """The console script that does this."""

    command: ClassVar[str] = "train"
    """Its command, which also resumes such a run."""

    initial_weights: str = ""
    freeze: tuple[str, ...] = ()
    data: LoadingConfig
    run: RunConfig = field(default_factory=RunConfig)

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the data and give what is to be trained on them.

        Raises:
            UserError: data that are not there or do not fit.
        """
        raise NotImplementedError

    def build_network(self) -> ResidualNetwork:
        """Build what is trained, with random weights: ``model``, or a network with that inside."""
        return build_model(self.model)

    def for_num_classes(self, num_classes: int) -> Self:
        """Give the same config with a classifier for the classes of the data."""
        return replace(self, model=replace(self.model, num_classes=num_classes))

    @property
    def samples_per_position(self) -> int:
        """Samples that the network sees for one position of the stream of training."""
        return 1

    def num_parts(self, num_ranks: int) -> int:
        """Give the forward passes of one optimiser step, on all ranks: the fewest that split batch and work evenly.

        Raises:
            UserError: the ranks cannot share the batch evenly, or a pass is to be smaller than what stays together.
        """
        if self.batch_size % num_ranks:
            raise UserError(f"batch_size={self.batch_size}: cannot be shared by {num_ranks} ranks; give a multiple")
        if self.run.micro_batch_size < self.samples_per_position:
            raise UserError(
                f"run.micro_batch_size={self.run.micro_batch_size}: {self.samples_per_position} samples stay together; "
                "give at least that many"
            )
        fewest = -(-self.batch_size * self.samples_per_position // self.run.micro_batch_size)
        return next(
            n for n in range(num_ranks, self.batch_size + 1, num_ranks) if n >= fewest and self.batch_size % n == 0
        )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Recipe, LoopConfig):
    """A recipe for images with data and machine.

    Args:
        data: where the images are.
    """

    program: ClassVar[str] = "rs-core"

    data: DataConfig = field(default_factory=DataConfig)

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the images."""
        from rs_core.train.classify import Classification  # noqa: PLC0415  # which imports this module

        return Classification(self, device, ranks)


def train_config(recipe: Recipe, data: DataConfig | None = None, run: RunConfig | None = None) -> TrainConfig:
    """Join a recipe with data and machine; the defaults are the built-in digits on the best device."""
    values = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    return TrainConfig(**values, data=data or DataConfig(), run=run or RunConfig())

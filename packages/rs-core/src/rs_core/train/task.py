"""What the training loop asks of a task: what a batch is, what its loss is, how well the model does."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from rs_core.data.skips import Skip

if TYPE_CHECKING:
    from rs_core.train.config import LoopConfig
    from rs_core.weights.release import PretrainedModel


class TaskBatch(Protocol):
    """What the loop asks of a batch."""

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """Samples that could not be read, and in whose places others stand."""
        ...


class Task(Protocol):
    """A way to train and judge a model; the loop owns everything else.

    Samples form one endless stream, in which a position names a sample and its augmentation for good. That is what
    makes a run resume anywhere.
    """

    @property
    def config(self) -> "LoopConfig":
        """The settings of the run, with a classifier for the classes of the data."""
        ...

    num_train_samples: int
    """Samples in one epoch."""

    sample_noun: str
    """What samples are called in words and in names of figures, such as ``images``."""

    input_in_words: str
    """What turns files into input, for the first lines of a run."""

    def batches(self, parts: Sequence[range]) -> Iterator[TaskBatch]:
        """Give a batch for each of ``parts``, which are positions of the stream."""
        ...

    def loss(self, model: nn.Module, batch: Any, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Give the mean loss of a batch and other named measurements, all on the device.

        ``generator`` (on the CPU) is the only source of random augmentation.
        """
        ...

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model in eval mode on all held-out samples; names such as ``val/top1``, shares in per cent."""
        ...

    def release(self, model: nn.Module, source: str) -> "PretrainedModel":
        """Give the trained model with everything needed to use it; ``source`` is the name of the run."""
        ...

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run: where its results are and what to try."""
        ...

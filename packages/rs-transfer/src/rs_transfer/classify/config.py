"""All that describes a fine-tuning: starting point, images, how long, and the grid of settings that are tried first."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch

from rs_core.choices import check_choices
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.config import DataConfig, TrainConfig
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task


@dataclass(frozen=True, kw_only=True)
class ClassifyDataConfig(DataConfig):
    """Where the images are, which of them have labels, and what a network is judged by.

    Args:
        root: folder that CIFAR-100 was unpacked into, so that it holds ``cifar-100-python``; or one with ``train/`` and
            ``val/``, one folder per class in each, ``val`` being the test images; or ``digits``, the built-in
            handwritten digits 5 to 9.
        labels_per_class: training images of each class that are learned from, drawn by ``run.seed``; 0 for all, -1 for
            all but of the built-in digits, where it is 5.
        split_share: of the training images of each class, what is held out of training where settings are chosen.
        judged_by: the ``test`` images, or the ``split`` that is held out of training for it.
    """

    labels_per_class: int = -1
    split_share: float = 0.1
    judged_by: Literal["test", "split"] = "test"

    def __post_init__(self) -> None:
        """Refuse unknown words and values out of range."""
        super().__post_init__()
        check_choices(self)
        if self.labels_per_class < -1:
            raise UserError(f"data.labels_per_class={self.labels_per_class}: give 1 or more, 0 for all images, or -1")
        if not 0 < self.split_share < 1:
            raise UserError(f"data.split_share={self.split_share}: give a share of the training images, in (0, 1)")


@dataclass(frozen=True, kw_only=True)
class GridConfig:
    """Settings that are tried on the split before the network is trained on all training images.

    Args:
        learning_rates: at their peak, for 256 images; empty for no grid.
        weight_decays: each is divided by the learning rate that it is tried with (arXiv 2002.05709, B.8), because what
            is best varies inversely with it.
    """

    learning_rates: tuple[float, ...] = ()
    weight_decays: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse half a grid, values out of range and values given twice."""
        if bool(self.learning_rates) != bool(self.weight_decays):
            raise UserError("grid.learning_rates and grid.weight_decays: give both, or neither for no grid")
        if not all(rate > 0 for rate in self.learning_rates):
            raise UserError(f"grid.learning_rates={list(self.learning_rates)}: give numbers above 0")
        if not all(decay >= 0 for decay in self.weight_decays):
            raise UserError(f"grid.weight_decays={list(self.weight_decays)}: give numbers of at least 0")
        for name in ("learning_rates", "weight_decays"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise UserError(f"grid.{name}={list(values)}: give each value once")


@dataclass(frozen=True, kw_only=True)
class ClassifyConfig(TrainConfig):
    """A fine-tuning of all weights with images and machine.

    Args:
        initial_weights: the starting point, of which all but the classifier is taken: a run, a file or the name of
            published weights; empty for random weights. ``--weights`` sets it, and with it ``model``, ``resolution``
            and ``input``.
        steps: optimiser steps; ``epochs`` follows from them.
        input: how images are cropped and scaled, as the starting point was trained; ``resolution`` is that of
            evaluation, and ``crop_rule`` outside of it has no effect.
        grid: settings that are tried first.
        data: where the images are.
    """

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str] = "classify"

    steps: int
    input: Preprocessing
    grid: GridConfig = field(default_factory=GridConfig)
    data: ClassifyDataConfig = field(default_factory=ClassifyDataConfig)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        super().__post_init__()
        if self.steps < 1:
            raise UserError(f"steps={self.steps}: give at least 1")

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the images."""
        from rs_transfer.classify.task import FineTuning  # noqa: PLC0415  # which imports this module

        return FineTuning(self, device, ranks)

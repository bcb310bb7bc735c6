"""All that describes a run on video: the recipe, the videos it is applied to, and how the machine is used."""

from dataclasses import dataclass, field, fields
from typing import ClassVar

import torch

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.train.config import LoadingConfig, LoopConfig, RunConfig
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task
from rs_video.decode import Decoder
from rs_video.recipes import VideoRecipe

MOVING_DIGITS = "moving_digits"


@dataclass(frozen=True, kw_only=True)
class VideoDataConfig(LoadingConfig):
    """Where the videos are.

    Args:
        root: folder with ``train/`` and ``val/``, one folder per class in each; with CSV files, the folder that their
            videos are in; or ``moving_digits``, the built-in videos.
        train_csv: list of training videos: an official one of Kinetics, or ``path,label`` a line.
        val_csv: list of held-out videos, likewise.
        train_index: training videos as ``rs-video index`` wrote them, instead of ``root``.
        val_index: held-out videos, likewise.
        decoder: what reads the files; ``auto`` is the fastest of those installed that can.
    """

    root: str = MOVING_DIGITS
    train_csv: str = ""
    val_csv: str = ""
    train_index: str = ""
    val_index: str = ""
    decoder: Decoder = "auto"

    def __post_init__(self) -> None:
        """Refuse training videos without held-out ones, and values out of range."""
        super().__post_init__()
        check_choices(self)
        for train, val in (("train_csv", "val_csv"), ("train_index", "val_index")):
            if getattr(self, train) and not getattr(self, val):
                raise UserError(f"data.{train} needs data.{val} beside it: the held-out videos")
        if self.train_index and (self.train_csv or self.root != MOVING_DIGITS):
            raise UserError("data.train_index says where the videos are; leave out data.root and data.train_csv")
        if self.train_csv and self.root == MOVING_DIGITS:
            raise UserError("data.train_csv needs data.root beside it: the folder that the videos are in")

    @property
    def trained_on(self) -> str:
        """What a run was trained on: its index or its data set."""
        return self.train_index or self.root


def video_run_config(epochs: float = 350.0) -> RunConfig:
    """Give the defaults for clips, of which few fit into memory and whose evaluation is dear.

    Thirty views of Kinetics' held-out videos are 2.5 times as many clips as an epoch of training has. A short run is
    judged three times nevertheless.
    """
    return RunConfig(micro_batch_size=32, evaluate_every=min(25.0, epochs / 3))


@dataclass(frozen=True, kw_only=True)
class VideoTrainConfig(VideoRecipe, LoopConfig):
    """A recipe for clips with data and machine.

    Args:
        data: where the videos are.
        run: how the machine is used.
    """

    program: ClassVar[str] = "rs-video"

    data: VideoDataConfig = field(default_factory=VideoDataConfig)
    run: RunConfig = field(default_factory=video_run_config)

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the videos."""
        from rs_video.train.classify import VideoClassification  # noqa: PLC0415  # which imports this module

        return VideoClassification(self, device, ranks)


def video_train_config(
    recipe: VideoRecipe, data: VideoDataConfig | None = None, run: RunConfig | None = None
) -> VideoTrainConfig:
    """Join a recipe with data and machine; the defaults are the built-in videos on the best device."""
    values = {field.name: getattr(recipe, field.name) for field in fields(VideoRecipe)}
    return VideoTrainConfig(**values, data=data or VideoDataConfig(), run=run or video_run_config(recipe.epochs))

"""All that describes a run that makes a starting point: a recipe with data and machine."""

from dataclasses import dataclass, fields
from typing import ClassVar

import torch

from rs_core.recipes import Recipe
from rs_core.train.config import DataConfig, RunConfig, TrainConfig
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(TrainConfig):
    """A recipe for a starting point with data and machine."""

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str] = "pretrain"

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the images."""
        from rs_transfer.recipes.pretraining import Pretraining  # noqa: PLC0415  # which imports this module

        return Pretraining(self, device, ranks)


def pretrain_config(recipe: Recipe, data: DataConfig | None = None, run: RunConfig | None = None) -> PretrainConfig:
    """Join a recipe with data and machine; the defaults are the digits 0 to 4 of ``index_pictures``."""
    values = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    return PretrainConfig(**values, data=data or DataConfig(), run=run or RunConfig())

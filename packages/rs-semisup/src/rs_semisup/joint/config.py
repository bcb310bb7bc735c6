"""All that describes a joint run: the recipe, the images of both kinds, and how the machine is used."""

from dataclasses import dataclass, field, fields
from typing import ClassVar

import torch

from rs_core.errors import UserError
from rs_core.train.config import DataConfig, RunConfig, TrainConfig
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task
from rs_semisup.recipes import SemisupRecipe


@dataclass(frozen=True, kw_only=True)
class JointDataConfig(DataConfig):
    """Where the labelled and the pseudo-labelled images are; all but two settings are about the labelled ones.

    Args:
        pseudo_index: pseudo-labelled images, as ``rs-semisup select`` wrote them.
        pseudo_run_length: as ``run_length``, of the pseudo-labelled images.
    """

    pseudo_index: str = ""
    pseudo_run_length: int = 1

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        super().__post_init__()
        if self.pseudo_run_length < 1:
            raise UserError(f"data.pseudo_run_length={self.pseudo_run_length}: give at least 1")


@dataclass(frozen=True, kw_only=True)
class JointTrainConfig(SemisupRecipe, TrainConfig):
    """A recipe of joint training with data and machine.

    Args:
        data: where the images are.
    """

    program: ClassVar[str] = "rs-semisup"

    data: JointDataConfig = field(default_factory=JointDataConfig)

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the images of both kinds."""
        from rs_semisup.joint.task import JointClassification  # noqa: PLC0415  # which imports this module

        return JointClassification(self, device, ranks)

    @property
    def samples_per_position(self) -> int:
        """One labelled image and those pseudo-labelled ones that go with it."""
        return 1 + self.joint.ratio


def joint_train_config(
    recipe: SemisupRecipe, data: JointDataConfig | None = None, run: RunConfig | None = None
) -> JointTrainConfig:
    """Join a recipe with data and machine."""
    values = {field.name: getattr(recipe, field.name) for field in fields(SemisupRecipe)}
    return JointTrainConfig(**values, data=data or JointDataConfig(), run=run or RunConfig())

"""All that describes a run of SimCLR: the recipe, the images, and how the machine is used."""

from dataclasses import dataclass, field, fields
from typing import ClassVar

import torch

from rs_core.errors import UserError
from rs_core.models import ResidualNetwork
from rs_core.train.config import DataConfig, LoopConfig, RunConfig
from rs_core.train.ranks import Ranks
from rs_core.train.task import Task
from rs_transfer.simclr.network import SimCLRNetwork
from rs_transfer.simclr.pairs import VIEWS
from rs_transfer.simclr.recipes import SimCLRRecipe

# Views in a forward pass: no less than the largest published batch, so that only a user's own setting splits one.
WHOLE_BATCH = 8192


def whole_batches() -> RunConfig:
    """Give what SimCLR needs of a machine: batch norm over all ranks, and no batch in parts."""
    return RunConfig(batch_norm="synchronized", micro_batch_size=WHOLE_BATCH)


@dataclass(frozen=True, kw_only=True)
class SimCLRTrainConfig(SimCLRRecipe, LoopConfig):
    """A recipe of SimCLR with data and machine.

    Args:
        data: where the images are; their labels are not looked at.
        run: how the machine is used; batch norm normalises over all ranks, as released.
        initial_weights: always empty, for training starts from random weights.
    """

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str] = "pretrain-simclr"

    data: DataConfig = field(default_factory=DataConfig)
    run: RunConfig = field(default_factory=whole_batches)

    def __post_init__(self) -> None:
        """Refuse what SimCLR cannot start from."""
        super().__post_init__()
        if self.initial_weights:
            raise UserError(f"initial_weights={self.initial_weights}: SimCLR starts from random weights; leave it out")
        if self.model.in_channels != 3:
            raise UserError(f"model.in_channels={self.model.in_channels}: images are read as RGB; leave it at 3")

    def open_task(self, device: torch.device, ranks: Ranks) -> Task:
        """Open the images."""
        from rs_transfer.simclr.task import SimCLR  # noqa: PLC0415  # which imports this module

        return SimCLR(self, device, ranks)

    def build_network(self) -> ResidualNetwork:
        """Build the backbone with its projection head."""
        return SimCLRNetwork(self.model, self.projection)

    @property
    def samples_per_position(self) -> int:
        """Both views of an image count as images."""
        return VIEWS

    def num_parts(self, num_ranks: int) -> int:
        """Give one forward pass for each rank: in parts, views would not be compared with those of other parts.

        Raises:
            UserError: the ranks cannot share the batch evenly, or a pass is to be smaller than that.
        """
        views = VIEWS * self.batch_size // num_ranks
        if views > self.run.micro_batch_size:
            raise UserError(
                f"run.micro_batch_size={self.run.micro_batch_size}: SimCLR compares all views of a batch with each "
                f"other and cannot take it in parts; give at least {views}, a smaller batch_size, or more processes"
            )
        return super().num_parts(num_ranks)


def simclr_train_config(
    recipe: SimCLRRecipe, data: DataConfig | None = None, run: RunConfig | None = None
) -> SimCLRTrainConfig:
    """Join a recipe with data and machine; the defaults are the built-in digits 0 to 4 on the best device."""
    values = {field.name: getattr(recipe, field.name) for field in fields(SimCLRRecipe)}
    return SimCLRTrainConfig(**values, data=data or DataConfig(), run=run or whole_batches())

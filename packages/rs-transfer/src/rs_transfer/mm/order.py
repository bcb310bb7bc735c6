"""Training samples on the engine of mm*: the order of rs-core, and augmentation that follows from the position.

mmengine resumes by loading again, one after another, all batches that a run has seen, and draws other augmentations
then. Here row and augmentation at a position of the stream depend on (seed, position) alone, for any number of workers:
a run goes on where it stopped, at once, as if it had never stopped.
"""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from mmengine.dist import get_dist_info
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler

from rs_core.data.order import Order

CHUNK = 256


class Place(NamedTuple):
    """A position of the stream and the row that stands there."""

    position: int
    row: int


class Rows(Protocol):
    """What is asked of a dataset of mm*."""

    metainfo: dict[str, Any]

    def __len__(self) -> int: ...
    def __getitem__(self, row: int) -> Any: ...
    def full_init(self) -> None:
        """Read the list of samples."""
        ...


@DATASETS.register_module()
class PositionedDataset(Dataset[Any]):
    """A dataset of mm* whose augmentation at a position depends on (seed, position) alone.

    Args:
        dataset: a dataset, or the config of one.
        seed: of the augmentation.
    """

    def __init__(self, dataset: Any, seed: int) -> None:
        self.dataset: Rows = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.seed = seed

    @property
    def metainfo(self) -> dict[str, Any]:
        """Classes and palette of the dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Read the list of samples."""
        self.dataset.full_init()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, place: Place) -> Any:
        """Load and augment the row of a place."""
        state = np.random.SeedSequence([self.seed, place.position]).generate_state(3)
        random.seed(int(state[0]))
        np.random.seed(int(state[1]))  # noqa: NPY002  # the generator that the transforms of mm* draw from
        torch.manual_seed(int(state[2]))
        return self.dataset[place.row]


@DATA_SAMPLERS.register_module()
class OrderSampler(Sampler[Place]):
    """The endless shuffled stream of ``rs_core.data.order``, from a position on; ranks take turns.

    Args:
        dataset: what to draw from.
        seed: of the order.
    """

    def __init__(self, dataset: Dataset[Any], seed: int) -> None:
        self.order = Order(num_rows=len(dataset), seed=seed)  # type: ignore[arg-type]  # those of mm* have a length
        self.rank, self.num_ranks = get_dist_info()
        self.first_position = 0

    def __iter__(self) -> Iterator[Place]:
        position = self.first_position + self.rank
        while True:
            positions = position + self.num_ranks * np.arange(CHUNK)
            for place, row in zip(positions.tolist(), self.order.rows_at(positions).tolist(), strict=True):
                yield Place(place, row)
            position += self.num_ranks * CHUNK

    def __len__(self) -> int:
        return self.order.num_rows

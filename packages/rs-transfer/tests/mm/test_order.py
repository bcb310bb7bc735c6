"""The stream of training samples on the engine of mm*."""

from collections import Counter
from itertools import islice
from typing import ClassVar

import numpy as np
import torch
from torch.utils.data import DataLoader

from rs_transfer.mm.order import OrderSampler, Place, PositionedDataset


class Noisy:
    """Seven samples; each is its row and random numbers, as an augmentation draws them."""

    metainfo: ClassVar = {"classes": ("a",)}

    def __len__(self):
        return 7

    def __getitem__(self, row):
        return row, np.random.rand(), torch.rand(()).item()  # noqa: NPY002  # what transforms of mm* draw from

    def full_init(self):
        pass


def stream(count, *, first=0, seed=0):
    sampler = OrderSampler(Noisy(), seed=seed)
    sampler.first_position = first
    return list(islice(sampler, count))


def test_every_epoch_has_every_row_once_in_another_order():
    epochs = [[place.row for place in stream(21)][start : start + 7] for start in (0, 7, 14)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_it_can_be_entered_anywhere():
    assert stream(600)[300:] == stream(300, first=300)


def test_ranks_share_the_stream(monkeypatch):
    whole = stream(20)
    for rank in range(2):
        monkeypatch.setattr("rs_transfer.mm.order.get_dist_info", lambda rank=rank: (rank, 2))
        assert stream(10) == whole[rank::2]


def test_augmentation_follows_from_the_position_for_any_number_of_workers():
    data = PositionedDataset(Noisy(), seed=3)
    batches = {
        num_workers: list(
            islice(DataLoader(data, 2, sampler=OrderSampler(data, seed=3), num_workers=num_workers, collate_fn=list), 6)
        )
        for num_workers in (0, 2)
    }
    assert batches[0] == batches[2]


def test_the_same_row_is_augmented_anew_in_the_next_epoch():
    data = PositionedDataset(Noisy(), seed=3)
    assert data[Place(2, 5)] == data[Place(2, 5)]
    assert data[Place(2, 5)][1:] != data[Place(9, 5)][1:]
    assert Counter(data[Place(p, p % 7)][1] for p in range(70)).most_common(1)[0][1] == 1


def test_it_passes_on_what_is_known_of_the_dataset():
    data = PositionedDataset(Noisy(), seed=3)
    assert len(data) == 7
    assert data.metainfo == {"classes": ("a",)}

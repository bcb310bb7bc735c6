"""The stream of views: neighbours are of one image, and stay so where an image cannot be read."""

import numpy as np
import pytest
import torch

from rs_core.data.crop import RandomCropConfig
from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.data.loader import train_batches
from rs_core.data.order import Order, Parts, WidenedParts
from rs_transfer.digits import SOURCE, index_some_digits
from rs_transfer.simclr.pairs import VIEWS, PairOrder, whole_pairs


def views_of(index, num_images, first=0, num_workers=0):
    crops = train_batches(
        index,
        order=PairOrder(num_rows=len(index), seed=0),
        parts=WidenedParts([range(first, first + num_images)], factor=VIEWS),
        resolution=16,
        crop=RandomCropConfig(),
        num_workers=num_workers,
    )
    return next(whole_pairs(crops))


@pytest.fixture(scope="module")
def damaged():
    """Twelve digits, of which every third is no image."""
    digits = index_some_digits("train", SOURCE)
    contents = [b"no image" if row % 3 == 0 else digits.read(row) for row in range(12)]
    names = [f"digit {row}".encode() for row in range(12)]
    return SampleIndex(
        source=Blobs(images=ByteColumn.pack(contents), names=ByteColumn.pack(names)),
        labels=np.arange(12),
        class_names=tuple(map(str, range(12))),
    )


def test_both_views_of_an_image_stand_at_neighbouring_positions():
    pairs, images = PairOrder(num_rows=100, seed=4), Order(num_rows=100, seed=4)
    positions = np.arange(250)
    rows = pairs.rows_at(np.arange(500))
    assert (rows[::2] == images.rows_at(positions)).all()
    assert (rows[1::2] == images.rows_at(positions)).all()


def test_the_parts_of_a_batch_hold_whole_pairs_on_any_number_of_ranks():
    def positions(num_ranks):
        shape = {"first_position": 8, "num_batches": 2, "batch_size": 8, "num_parts": num_ranks}
        parts = [
            WidenedParts(Parts(**shape, rank=rank, num_ranks=num_ranks), factor=VIEWS) for rank in range(num_ranks)
        ]
        return [sorted(p for rank in parts for p in rank[number]) for number in range(2)]

    assert positions(1) == positions(2) == positions(4) == [list(range(16, 32)), list(range(32, 48))]


def test_a_slice_of_parts_is_a_list_of_parts():
    parts = WidenedParts([range(0, 2), range(2, 4), range(4, 6)], factor=VIEWS)
    assert parts[1:] == [range(4, 8), range(8, 12)]


def test_the_views_of_an_image_are_two_different_crops():
    batch = views_of(index_some_digits("train", SOURCE), 32)
    assert torch.equal(batch.rows[::2], batch.rows[1::2])
    differ = (batch.images[::2] != batch.images[1::2]).flatten(1).any(1)
    assert differ.float().mean() > 0.9


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_views_of_what_stands_in_for_an_unreadable_image_are_of_one_image(damaged, num_workers):
    batch = views_of(damaged, 12, num_workers=num_workers)
    assert torch.equal(batch.rows[::2], batch.rows[1::2])
    assert torch.equal(batch.labels[::2], batch.labels[1::2])
    assert (batch.rows % 3 != 0).all()
    order = Order(num_rows=12, seed=0).rows_at(np.arange(12))
    for place, row in enumerate(order):
        if row % 3 == 0:
            assert torch.equal(batch.images[2 * place], batch.images[2 * place + 1])


def test_what_was_skipped_is_counted_at_the_position_of_its_image(damaged):
    batch = views_of(damaged, 12, first=24)
    own = [skip for skip in batch.skipped if skip.row % 3 == 0]
    assert {skip.position for skip in own} <= set(range(24, 36))
    order = Order(num_rows=12, seed=0).rows_at(np.arange(24, 36))
    assert {skip.position for skip in own} == set((24 + np.flatnonzero(order % 3 == 0)).tolist())

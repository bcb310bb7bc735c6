"""Both streams move together."""

import pytest
import torch

from rs_core.data.loader import Batch
from rs_core.data.order import Parts, WidenedParts
from rs_core.data.skips import Skip
from rs_semisup.joint.streams import join, split_workers


@pytest.mark.parametrize("num_ranks", [1, 2, 4])
def test_ranks_together_take_each_position_of_the_other_stream_once(num_ranks):
    taken = []
    for rank in range(num_ranks):
        parts = Parts(first_position=8, num_batches=3, batch_size=8, num_parts=4, rank=rank, num_ranks=num_ranks)
        taken += [position for part in WidenedParts(parts, factor=3) for position in part]
    assert sorted(taken) == list(range(24, 24 + 3 * 8 * 3))


def test_a_resumed_stream_goes_on_where_the_other_one_does():
    whole = WidenedParts(Parts(first_position=0, num_batches=5, batch_size=4), factor=7)
    rest = WidenedParts(Parts(first_position=12, num_batches=2, batch_size=4), factor=7)
    assert list(rest) == list(whole)[3:]
    assert whole[3:] == list(rest)


def test_skipped_samples_are_at_the_position_of_the_labelled_stream_that_they_go_with():
    def batch(position):
        skip = Skip(file="x", row=0, position=position, reason="torn")
        return Batch(torch.zeros(1), torch.zeros(1), torch.zeros(1), (skip,))

    (joint,) = join(iter([batch(5)]), iter([batch(17)]), ratio=3)
    assert [skip.position for skip in joint.skipped] == [5, 5]


@pytest.mark.parametrize(("num_workers", "ratio"), [(0, 3), (1, 1), (2, 3), (5, 4), (16, 14), (100, 1)])
def test_no_stream_is_without_workers_unless_there_are_none(num_workers, ratio):
    labelled, pseudo = split_workers(num_workers, ratio)
    assert (labelled > 0) == (pseudo > 0) == (num_workers > 0)
    assert labelled + pseudo == (num_workers if num_workers != 1 else 2)

"""Batches come to the device one ahead, in order, none lost and none twice."""

from itertools import islice

import pytest
import torch

from rs_core.data.loader import Batch
from rs_core.data.prefetch import on_side_stream, one_ahead, prefetch_to_device
from rs_core.errors import UserError

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="streams need a GPU")


def batches(num, side=8):
    for number in range(num):
        images = torch.full((4, 3, side, side), number, dtype=torch.uint8)
        yield Batch(images, torch.full((4,), number), torch.arange(4) + 4 * number)


@pytest.mark.parametrize("num", [0, 1, 2, 7])
def test_all_items_come_once_and_in_order(num):
    assert list(one_ahead(range(num))) == list(range(num))


def test_the_next_item_is_taken_before_one_is_given_away_and_no_more():
    taken = []
    ahead = one_ahead(taken.append(number) or number for number in range(5))
    assert taken == []
    for expected in ([0, 1], [0, 1, 2], [0, 1, 2, 3]):
        next(ahead)
        assert taken == expected


def failing_after(num):
    yield from range(num)
    raise UserError("a.tar: changed; index it again")


@pytest.mark.parametrize("num", [0, 1, 3])
def test_an_error_is_raised_after_what_came_before_it(num):
    ahead = one_ahead(failing_after(num))
    assert list(islice(ahead, num)) == list(range(num))
    with pytest.raises(UserError, match=r"^a\.tar: changed"):
        next(ahead)


def test_leaving_early_closes_what_is_iterated():
    closed = []

    def source():
        try:
            yield from range(10)
        finally:
            closed.append(True)

    ahead = one_ahead(source())
    next(ahead)
    del ahead
    assert closed == [True]


def test_on_a_cpu_batches_pass_through_as_they_are():
    given = list(batches(3))
    passed = list(prefetch_to_device(iter(given), torch.device("cpu")))
    assert all(one is other for one, other in zip(given, passed, strict=True))


def test_on_a_cpu_nothing_is_taken_ahead():
    source = batches(3)
    ahead = prefetch_to_device(source, torch.device("cpu"))
    next(ahead)
    assert next(source).labels[0] == 1


def test_images_go_to_the_device_and_all_else_stays():
    # The meta device, as any that is neither CPU nor CUDA.
    (batch,) = prefetch_to_device(batches(1), torch.device("meta"))
    assert batch.images.device.type == "meta"
    assert (batch.labels.device.type, batch.rows.device.type) == ("cpu", "cpu")


def test_another_field_can_be_the_one_that_goes():
    (batch,) = prefetch_to_device(batches(1), torch.device("meta"), "labels")
    assert (batch.images.device.type, batch.labels.device.type) == ("cpu", "meta")


@needs_cuda
def test_on_cuda_the_same_batches_come_in_the_same_order():
    pinned = (Batch(*(column.pin_memory() for column in batch[:3])) for batch in batches(20))
    seen = list(prefetch_to_device(pinned, torch.device("cuda")))
    assert [int(batch.images.float().mean()) for batch in seen] == list(range(20))
    assert [batch.labels[0].item() for batch in seen] == list(range(20))
    assert all(batch.images.is_cuda and batch.labels.is_pinned() for batch in seen)


@needs_cuda
def test_on_cuda_batches_are_made_on_a_stream_beside_the_callers():
    device = torch.device("cuda")
    streams = []

    def make(batch):
        streams.append(torch.cuda.current_stream(device))
        return batch._replace(images=batch.images.to(device))

    for _ in on_side_stream(batches(3), make, device):
        assert torch.cuda.current_stream(device) == torch.cuda.default_stream(device)
    assert len(set(streams)) == 1
    assert streams[0] != torch.cuda.default_stream(device)


@needs_cuda
def test_on_cuda_the_caller_sees_a_batch_whose_making_takes_long():
    device = torch.device("cuda")

    def make(batch):
        images = torch.zeros(batch.images.shape, dtype=torch.uint8, device=device)
        torch.cuda._sleep(20_000_000)
        images += batch.labels[0].item() + 1
        return batch._replace(images=images)

    means = [batch.images.float().mean() for batch in on_side_stream(batches(8), make, device)]
    assert [mean.item() for mean in means] == list(range(1, 9))


@needs_cuda
def test_on_cuda_the_memory_of_a_batch_is_not_reused_while_the_caller_still_works_on_it():
    device = torch.device("cuda")
    pinned = (Batch(*(column.pin_memory() for column in batch[:3])) for batch in islice(batches(12, side=512), 12))
    means = []
    for batch in prefetch_to_device(pinned, device):
        torch.cuda._sleep(50_000_000)  # later batches are copied while this one waits to be read
        means.append(batch.images.float().mean())
        del batch
    assert [mean.item() for mean in means] == list(range(12))

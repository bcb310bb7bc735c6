"""Which part is called the limit, and what is advised."""

import pytest

from rs_core.bench.bottleneck import Rates, advise, measure_storage
from rs_core.data.digits import index_digits

BALANCED = {"storage": 9000, "storage_mb": 900, "cpu_core": 800, "num_cores": 8, "num_workers": 8, "device": 1000}


def rates(**changes):
    return Rates(**(BALANCED | changes))


def advice(measured, **changes):
    options = {"short_side": 375, "resolution": 224, "scaled_decoding": False, "on_cpu": False}
    return advise(measured, **(options | changes))


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, "device"),
        ({"device": 20_000, "storage": 19_000}, "cpu"),
        ({"storage": 500}, "storage"),
        # As good as equal: then it is the device, which is the part to be kept busy.
        ({"device": 6500}, "device"),
    ],
)
def test_the_slowest_part_is_the_limit(changes, limit):
    assert rates(**changes).limit == limit


@pytest.mark.parametrize(("num_workers", "busy"), [(0, 1), (1, 1), (8, 8), (32, 8)])
def test_workers_decode_on_as_many_cores_as_there_are(num_workers, busy):
    measured = rates(num_workers=num_workers)
    assert (measured.num_busy, measured.cpu) == (busy, 800 * busy)


def test_idle_cores_are_put_to_work_first():
    assert advice(rates(num_workers=2, device=3000)) == "use 4 workers (--data.num_workers 4)"
    assert advice(rates(num_workers=2, device=30_000)) == "use 8 workers (--data.num_workers 8)"


def test_large_photos_are_shrunk_when_all_cores_decode():
    slow = rates(device=30_000)
    assert "--short_side" in advice(slow, short_side=2000)
    assert "scaled_decoding true" in advice(slow, short_side=2000)
    assert "scaled_decoding" not in advice(slow, short_side=2000, scaled_decoding=True)
    assert advice(slow, short_side=375) == "use a machine with more cores: 38 would keep up with the device"


def test_slow_storage_is_met_with_shards_and_runs():
    assert advice(rates(storage=100)).startswith("write tar shards (rs-core shard, then rs-core index)")


def test_nothing_in_the_data_helps_a_slow_device():
    assert advice(rates()).startswith("nothing in the data")
    assert advice(rates(), on_cpu=True).startswith("train on a GPU")


def test_storage_is_read_in_full_where_time_allows():
    index = index_digits("val")
    images_per_second, megabytes_per_second = measure_storage(index, batch_size=32, seconds=60)
    mean_size = sum(len(index.read(row)) for row in range(len(index))) / len(index)
    assert megabytes_per_second / images_per_second == pytest.approx(mean_size / 1e6)

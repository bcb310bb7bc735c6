"""The endless shuffled stream."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import UserError
from rs_core.data.order import MAX_ROWS, Order, Parts

# Statistics may lie this many standard errors from what a true shuffle gives: level 6e-5, two-sided. The seeds
# are fixed, so a test gives the same answer every time.
MAX_SIGMAS = 4

seeds = st.integers(0, 2**64 - 1)


def rows_at(positions, num_rows, seed, run_length=1):
    return Order(num_rows=num_rows, seed=seed, run_length=run_length).rows_at(positions)


def orders(num_rows: int, num_epochs: int, seed: int) -> np.ndarray:
    """Return the first epochs of the stream, [num_epochs, num_rows]."""
    return rows_at(np.arange(num_rows * num_epochs), num_rows, seed).reshape(num_epochs, num_rows)


def chi_square(counts: np.ndarray) -> float:
    """Return how many standard deviations the chi-square of equally likely cells lies above its mean."""
    expected = counts.sum() / counts.size
    freedom = counts.size - 1
    statistic = ((counts - expected) ** 2 / expected).sum()
    # Wilson and Hilferty: the cube root of chi-square is very nearly normal.
    spread = 2 / (9 * freedom)
    return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)


@settings(deadline=None)
@given(num_rows=st.integers(1, 3000), epoch=st.integers(0, 2**20), seed=seeds)
def test_every_epoch_holds_every_row_once(num_rows, epoch, seed):
    rows = rows_at(epoch * num_rows + np.arange(num_rows), num_rows, seed)
    assert np.array_equal(np.sort(rows), np.arange(num_rows))


@settings(deadline=None)
@given(num_rows=st.integers(1, MAX_ROWS), start=st.integers(0, 2**50), seed=seeds)
def test_rows_are_in_range_and_never_repeat_within_an_epoch_of_any_size(num_rows, start, seed):
    positions = start + np.arange(64)
    rows = rows_at(positions, num_rows, seed)
    assert ((rows >= 0) & (rows < num_rows)).all()
    for epoch in np.unique(positions // num_rows):
        of_epoch = rows[positions // num_rows == epoch]
        assert len(np.unique(of_epoch)) == len(of_epoch)


@settings(deadline=None)
@given(num_rows=st.integers(1, MAX_ROWS), seed=seeds, data=st.data())
def test_a_position_has_the_same_row_whichever_positions_are_asked_with_it(num_rows, seed, data):
    positions = np.array(data.draw(st.lists(st.integers(0, 2**60), min_size=1, max_size=20)))
    together = rows_at(positions, num_rows, seed)
    assert together.tolist() == [int(rows_at(np.array([p]), num_rows, seed)[0]) for p in positions]


def test_epochs_and_seeds_give_different_orders():
    stream = np.concatenate([orders(1000, 20, seed) for seed in range(20)])
    assert len(np.unique(stream, axis=0)) == 400
    # Two unrelated orders agree in one place on average; the total over pairs is Poisson.
    agreements = sum(int((stream[i] == stream[i + 1]).sum()) for i in range(399))
    assert abs(agreements - 399) < MAX_SIGMAS * math.sqrt(399)


@pytest.mark.parametrize("num_rows", [2, 3, 4, 5, 6])
def test_all_orders_of_a_few_rows_are_equally_likely(num_rows):
    num_orders = math.factorial(num_rows)
    stream = orders(num_rows, 100 * num_orders, seed=1)
    _, counts = np.unique(stream @ num_rows ** np.arange(num_rows), return_counts=True)
    assert len(counts) == num_orders
    assert chi_square(counts) < MAX_SIGMAS


@pytest.mark.parametrize("num_rows", [9, 25])
def test_half_the_orders_of_an_odd_square_are_even(num_rows):
    stream = orders(num_rows, 10_000, seed=0)
    before, after = np.triu_indices(num_rows, 1)
    num_inversions = (stream[:, before] > stream[:, after]).sum(axis=1)
    assert abs((num_inversions % 2).mean() - 0.5) < MAX_SIGMAS * 0.5 / math.sqrt(10_000)


def shuffles_by_numpy(num_rows: int, num_epochs: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.permutation(num_rows) for _ in range(num_epochs)])


@pytest.mark.parametrize("stream", [orders(101, 20_000, seed=3), shuffles_by_numpy(101, 20_000)])
def test_statistics_of_the_order_are_those_of_a_shuffle(stream):
    """The closed forms hold for our order and, as a check of the test itself, for numpy's."""
    num_epochs, num_rows = stream.shape
    for place in (0, 50, 100):
        assert chi_square(np.bincount(stream[:, place], minlength=num_rows)) < MAX_SIGMAS

    steps = (stream[:, 1:] - stream[:, :-1]) % num_rows
    assert chi_square(np.bincount(steps.ravel(), minlength=num_rows)[1:]) < MAX_SIGMAS

    # Fixed points: mean 1, variance 1. Descents: mean (n-1)/2, variance (n+1)/12.
    fixed = (stream == np.arange(num_rows)).sum(axis=1)
    assert abs(fixed.mean() - 1) < MAX_SIGMAS / math.sqrt(num_epochs)
    descents = (stream[:, 1:] < stream[:, :-1]).sum(axis=1)
    variance = (num_rows + 1) / 12
    assert abs(descents.mean() - (num_rows - 1) / 2) < MAX_SIGMAS * math.sqrt(variance / num_epochs)
    assert abs(descents.var() / variance - 1) < MAX_SIGMAS * math.sqrt(2 / num_epochs)


def test_neighbours_in_a_large_epoch_are_uncorrelated():
    rows = rows_at(np.arange(1_000_000), 1_281_167, seed=0) / 1_281_167
    for distance in (1, 2, 1024):
        correlation = np.corrcoef(rows[distance:], rows[:-distance])[0, 1]
        assert abs(correlation) < MAX_SIGMAS / math.sqrt(len(rows))


def test_more_rows_than_the_limit_are_refused():
    with pytest.raises(UserError, match=r"2\*\*40"):
        Order(num_rows=MAX_ROWS + 1, seed=0)


@pytest.mark.parametrize("run_length", [0, 6])
def test_runs_longer_than_the_data_set_are_refused(run_length):
    with pytest.raises(UserError, match="give 1 to the 5 rows"):
        Order(num_rows=5, seed=0, run_length=run_length)


@settings(deadline=None)
@given(num_rows=st.integers(1, 3000), epoch=st.integers(0, 2**20), seed=seeds, data=st.data())
def test_runs_too_hold_every_row_once_in_every_epoch(num_rows, epoch, seed, data):
    run_length = data.draw(st.integers(1, num_rows))
    rows = rows_at(epoch * num_rows + np.arange(num_rows), num_rows, seed, run_length)
    assert np.array_equal(np.sort(rows), np.arange(num_rows))


@pytest.mark.parametrize(("num_rows", "run_length"), [(1000, 8), (1003, 8), (130_000_000, 64)])
def test_neighbours_of_a_run_stay_together(num_rows, run_length):
    rows = rows_at(np.arange(run_length * (1000 // run_length)), num_rows, 0, run_length)
    # The few exceptions are where the order wraps round the end of the data set or fills its shorter last run.
    together = np.diff(rows.reshape(-1, run_length), axis=1) == 1
    assert (~together).sum() <= 2


def test_runs_begin_elsewhere_in_every_epoch():
    firsts = rows_at(np.arange(100) * 1000, 1000, 0, run_length=10) % 10
    assert len(set(firsts.tolist())) == 10


@settings(deadline=None)
@given(data=st.data())
def test_the_parts_of_all_processes_are_the_stream_in_order(data):
    num_ranks, per_rank, size, num_batches = (data.draw(st.integers(1, 5)) for _ in range(4))
    options = {
        "first_position": data.draw(st.integers(0, 2**50)),
        "num_batches": num_batches,
        "batch_size": num_ranks * per_rank * size,
        "num_parts": num_ranks * per_rank,
    }
    of_ranks = [Parts(**options, rank=rank, num_ranks=num_ranks) for rank in range(num_ranks)]
    assert {len(parts) for parts in of_ranks} == {num_batches * per_rank}
    by_batch = [p for b in range(num_batches) for parts in of_ranks for p in parts[b * per_rank : (b + 1) * per_rank]]
    assert by_batch == list(Parts(**options))
    first = options["first_position"]
    stream = range(first, first + num_batches * options["batch_size"])
    assert [position for part in by_batch for position in part] == list(stream)


def test_a_batch_that_processes_cannot_share_evenly_is_refused():
    with pytest.raises(UserError, match="a batch of 10 in 4 parts on 2 processes"):
        Parts(first_position=0, num_batches=1, batch_size=10, num_parts=4, num_ranks=2)
    with pytest.raises(UserError, match="a batch of 12 in 3 parts on 2 processes"):
        Parts(first_position=0, num_batches=1, batch_size=12, num_parts=3, num_ranks=2)

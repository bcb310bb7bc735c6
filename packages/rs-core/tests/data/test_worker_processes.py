"""Items made in worker processes come in the order asked for, which may be decided while they are made."""

import gc
from itertools import count, islice

import pytest
from torch.utils.data import Dataset

from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError


class Squares(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, number):
        return UserError("item 7: not to be had") if number == 7 else number**2


@pytest.mark.parametrize("num_workers", [0, 2])
def test_without_an_order_all_items_come(num_workers):
    items = make_in_workers(Squares(), num_workers=num_workers)
    assert list(islice(items, 7)) == [0, 1, 4, 9, 16, 25, 36]
    with pytest.raises(UserError, match="item 7"):
        next(items)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_items_come_in_the_order_asked_for(num_workers):
    items = make_in_workers(Squares(), order=(number for number in (9, 2, 2, 0)), num_workers=num_workers)
    assert list(items) == [81, 4, 4, 0]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_order_is_read_no_further_than_workers_are_ahead(num_workers):
    read = []
    endless = (read.append(number) or number % 5 for number in count())
    items = make_in_workers(Squares(), order=endless, num_workers=num_workers)
    assert list(islice(items, 20)) == [0, 1, 4, 9, 16] * 4
    assert len(read) <= 20 + 2 * num_workers
    items.close()


def test_an_error_in_the_order_is_raised():
    def order():
        yield 3
        raise UserError("claims: cannot be locked")

    items = make_in_workers(Squares(), order=order(), num_workers=0)
    assert next(items) == 9
    with pytest.raises(UserError, match="claims"):
        next(items)


class Unneeded:
    """Held by itself alone, until garbage is collected; then it leaves a file."""

    def __init__(self, path):
        self.path, self.me = path, self

    def __del__(self):
        self.path.touch()


class Collecting(Dataset):
    """Collects garbage for its only item, and tells whether a file is there then."""

    def __init__(self, path):
        self.path = path

    def __len__(self):
        return 1

    def __getitem__(self, number):
        gc.collect()
        return self.path.exists()


def test_a_worker_does_not_take_down_what_the_caller_no_longer_needs(tmp_path):
    gc.disable()
    try:
        Unneeded(tmp_path / "taken down")
        assert list(make_in_workers(Collecting(tmp_path / "taken down"), num_workers=1)) == [False]
    finally:
        gc.enable()
    gc.collect()
    assert (tmp_path / "taken down").exists()

"""Work in several processes."""

import os
import signal
import time

import pytest

from rs_core.data.index.parallel import map_in_order
from rs_core.errors import UserError


def _add(shared, item):
    time.sleep(0.05 * (item == 0))
    return shared + item


def _fail_at_three(_shared, item):
    if item == 3:
        raise UserError("three is bad")
    time.sleep(30 * (item > 3))
    return item


def _die(_shared, item):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(map_in_order(_add, 100, range(20), workers)) == list(range(100, 120))
    assert list(map_in_order(_add, 100, [], workers)) == []


def test_an_error_ends_the_work_at_once():
    start = time.monotonic()
    with pytest.raises(UserError, match="three is bad"):
        list(map_in_order(_fail_at_three, None, range(6), 2))
    assert time.monotonic() - start < 20


def test_a_worker_that_is_killed_is_one_line():
    with pytest.raises(UserError, match="a worker process was killed"):
        list(map_in_order(_die, None, range(4), 2))

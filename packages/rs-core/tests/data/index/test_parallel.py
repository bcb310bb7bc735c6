"""Work in several processes."""

import importlib
import sys
import time

import pytest

from rs_core.data.index.parallel import map_in_order
from rs_core.errors import UserError

# Worker processes are started anew and import what they call; they do not find a module of tests.
FUNCTIONS = """
import os, signal, time
from rs_core.errors import UserError

def add(shared, item):
    time.sleep(0.05 * (item == 0))
    return shared + item

def fail_at_three(_shared, item):
    if item == 3:
        raise UserError("three is bad")
    time.sleep(30 * (item > 3))
    return item

def die(_shared, item):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def functions(tmp_path, monkeypatch):
    (tmp_path / "functions_of_workers.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("functions_of_workers")
    monkeypatch.delitem(sys.modules, "functions_of_workers")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(functions, workers):
    assert list(map_in_order(functions.add, 100, range(20), workers)) == list(range(100, 120))
    assert list(map_in_order(functions.add, 100, [], workers)) == []


def test_an_error_ends_the_work_at_once(functions):
    start = time.monotonic()
    with pytest.raises(UserError, match="three is bad"):
        list(map_in_order(functions.fail_at_three, None, range(6), 2))
    assert time.monotonic() - start < 20


def test_a_worker_that_is_killed_is_one_line(functions):
    with pytest.raises(UserError, match="a worker process was killed"):
        list(map_in_order(functions.die, None, range(4), 2))

"""What happens to a function in a process of its own."""

import os
import signal

import pytest
import torch

from rs_core.bench.models.own_process import Failed, OutOfMemory, in_own_process
from rs_core.bench.models.rows import parse_rows
from rs_core.errors import UserError


@pytest.fixture
def call(fork_server):
    return lambda function, *arguments: in_own_process(function, *arguments, context=fork_server)


def test_its_value_comes_back_from_another_process(call):
    assert call(max, 2, 3) == 3
    assert call(os.getpid) != os.getpid()


def test_what_it_sets_stays_there(call):
    threads = torch.get_num_threads()
    call(torch.set_num_threads, threads + 1)
    assert torch.get_num_threads() == threads


def test_memory_that_cannot_be_had_is_told_as_such(call):
    with pytest.raises(OutOfMemory, match="allocate memory"):
        call(torch.empty, 2**60)


def test_the_systems_kill_counts_as_the_end_of_memory(call):
    with pytest.raises(OutOfMemory, match="signal 9"):
        call(signal.raise_signal, signal.SIGKILL)


def test_another_death_is_a_failure(call):
    with pytest.raises(Failed, match="exit code 3 and no result"):
        call(os._exit, 3)


def test_another_error_is_a_failure_of_one_line(call):
    with pytest.raises(Failed, match=r"^ValueError: invalid literal for int\(\) with base 10: 'x'$"):
        call(int, "x")


def test_what_the_user_can_mend_stays_so(call):
    with pytest.raises(UserError, match="no model 'nothing'"):
        call(parse_rows, ["nothing"])

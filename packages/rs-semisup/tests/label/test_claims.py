"""A range is held by one process at a time, and free again when that process ends, however it ends."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from rs_core.errors import UserError
from rs_semisup.label.claims import open_claims

# Another process, with the lock that any program would take.
HOLD = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
    print(True, flush=True)
except BlockingIOError:
    print(False, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path):
    """Gives what lets another process hold a range of the file ``claims``."""
    started = []

    def start(number):
        command = [sys.executable, "-c", HOLD, str(tmp_path / "claims"), str(number)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "True\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_another_process_holds_cannot_be_taken_until_it_dies(hold, tmp_path):
    other = hold(3)
    with open_claims(tmp_path / "claims") as claims:
        assert [claims.take(number) for number in (2, 3, 4)] == [True, False, True]
        other.kill()
        other.wait()
        assert claims.take(3)


def test_what_is_given_back_can_be_taken_by_another(hold, tmp_path):
    with open_claims(tmp_path / "claims") as claims:
        assert claims.take(1)
        claims.give_back(1)
        hold(1)
        assert not claims.take(1)


def test_closing_gives_all_back(hold, tmp_path):
    with open_claims(tmp_path / "claims") as claims:
        assert claims.take(0)
        assert claims.take(1)
    hold(0)
    hold(1)


def test_a_forked_child_that_ends_takes_nothing_with_it(hold, tmp_path):
    with open_claims(tmp_path / "claims") as claims:
        assert claims.take(5)
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)
        refused = subprocess.run(
            [sys.executable, "-c", HOLD, str(tmp_path / "claims"), "5"],
            input="",
            capture_output=True,
            text=True,
            check=True,
        )
        assert refused.stdout == "False\n"


def test_without_locks_every_range_is_free(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    with open_claims(tmp_path / "claims") as claims:
        assert claims.take(0)
        assert not claims.works
        claims.give_back(0)
        with claims.alone():
            assert claims.take(0)


def test_another_failure_of_the_system_is_not_hidden(tmp_path, monkeypatch):
    def stale(*_):
        raise OSError(errno.EIO, "Input/output error")

    with open_claims(tmp_path / "claims") as claims:
        monkeypatch.setattr(fcntl, "lockf", stale)
        with pytest.raises(OSError, match="Input/output"):
            claims.take(0)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/predictions: cannot be written \(Not a directory\)"):
        open_claims(tmp_path / "file/predictions/claims").__enter__()


def test_the_file_stays_empty(tmp_path):
    with open_claims(tmp_path / "claims") as claims, claims.alone():
        claims.take(7)
    assert (tmp_path / "claims").read_bytes() == b""

"""Work in processes that may hang or crash."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from rs_core.errors import UserError
from rs_video.index.guarded import guarded
from rs_video.index.guarded_process import Failure

# Workers import what they do by name, which a test module has not; so the work is a module of its own.
WORK = """
import os, signal, time
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError

def work(item):
    if item == "hang": time.sleep(60)
    if item == "crash": os.kill(os.getpid(), signal.SIGSEGV)
    if item == "bad": raise UnreadableSample("x.mp4", "is empty", "remove it")
    if item == "full": raise UserError("no space left")
    if item == "bug": raise ZeroDivisionError("a slip")
    return item, os.getpid()
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    (tmp_path / "work_of_test_guarded.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    import work_of_test_guarded  # noqa: PLC0415

    yield work_of_test_guarded.work
    del sys.modules["work_of_test_guarded"]


def test_every_item_comes_back_from_other_processes(work):
    items = [f"item {i}" for i in range(20)]
    results = dict(guarded(work, items, num_workers=2, time_limit_s=60))
    assert {item: text for item, (text, _) in results.items()} == {item: item for item in items}
    assert os.getpid() not in {pid for _, pid in results.values()}


def test_what_hangs_or_crashes_or_is_bad_does_not_stop_the_rest(work):
    items = ["a", "hang", "b", "crash", "c", "bad", "d"]
    results = dict(guarded(work, items, num_workers=2, time_limit_s=2))
    assert [results[item][0] for item in "abcd"] == list("abcd")
    assert results["hang"] == Failure("took longer than 2 s", lasting=False)
    assert results["crash"] == Failure("its process crashed (SIGSEGV)", lasting=False)
    assert results["bad"] == Failure("is empty", lasting=True)


def test_errors_that_are_no_fault_of_an_item_end_the_work(work):
    with pytest.raises(UserError, match="no space left"):
        list(guarded(work, ["a", "full"], num_workers=1, time_limit_s=60))
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a slip"):
        list(guarded(work, ["bug"], num_workers=1, time_limit_s=60))


def test_work_that_is_given_up_leaves_no_process(work):
    results = guarded(work, ["a", "hang"], num_workers=1, time_limit_s=60)
    _, (_, pid) = next(results)
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_processes_leave_when_the_one_that_started_them_is_killed(work, tmp_path):
    script = """
        import sys
        from rs_video.index.guarded import guarded
        from work_of_test_guarded import work
        for _, (_, pid) in guarded(work, map(str, range(10**9)), num_workers=1, time_limit_s=60):
            print(pid, flush=True)
    """
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        # The other process has inherited this pipe, so its end comes when that one is gone too.
        process.communicate(timeout=60)


def test_a_plain_script_without_a_guard_may_ask_for_work(work, tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        "from rs_video.index.guarded import guarded\n"
        "from work_of_test_guarded import work\n"
        "print(len(list(guarded(work, 'abc', num_workers=2, time_limit_s=60))))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"

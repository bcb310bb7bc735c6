"""Several processes at once, some of which die: the same files, and no range is left over."""

import resource
import signal
import subprocess
import sys
import time

import pytest

from rs_semisup.label import label
from rs_semisup.predictions.store import open_predictions

pytestmark = pytest.mark.slow


def wait_for_files(folder, count):
    """Wait until so many ranges are there."""
    deadline = time.monotonic() + 60
    while len(list(folder.glob("rows-*.parquet"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_two_processes_at_once_share_the_work(config, contents, expected, start_process, tmp_path):
    processes = [start_process(config()), start_process(config())]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.splitlines()[-1] == f"predictions: {tmp_path / 'predictions'}"
    assert contents(tmp_path / "predictions") == expected


def test_a_process_that_was_killed_is_replaced_by_the_next(config, contents, start_process, tmp_path):
    small = {"range_rows": 1, "batch_size": 1}
    label(config(out=str(tmp_path / "undisturbed"), **small))
    process = start_process(config(**small))
    wait_for_files(tmp_path / "predictions", 3)
    process.kill()
    process.wait()
    assert open_predictions(tmp_path / "predictions").missing()
    label(config(**small))
    assert contents(tmp_path / "predictions") == contents(tmp_path / "undisturbed")


def test_what_a_killed_process_was_at_is_taken_over(config, contents, start_process, tmp_path):
    small = {"range_rows": 1, "batch_size": 1}
    label(config(out=str(tmp_path / "undisturbed"), **small))
    process = start_process(config(**small))
    wait_for_files(tmp_path / "predictions", 3)
    process.send_signal(signal.SIGSTOP)
    waited = []

    def kill_when_waited_for(_predictions, num_rows):
        if num_rows == 0:
            waited.append(True)
            process.kill()

    label(config(**small), kill_when_waited_for)
    assert waited
    assert contents(tmp_path / "predictions") == contents(tmp_path / "undisturbed")


def test_torchrun_starts_processes_that_share_the_work(config, contents, expected, options, tmp_path):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "rs_semisup", "label", *options(config())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("predictions: ") == 1
    assert contents(tmp_path / "predictions") == expected


def test_a_limit_on_the_size_of_files_is_an_error_of_one_line(config, contents, expected, start_process, tmp_path):
    process = start_process(config())
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (3000, 3000))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err.splitlines()[-1].endswith(".parquet: File too large; make room or choose another directory")
    assert "Traceback" not in err
    label(config())
    assert contents(tmp_path / "predictions") == expected

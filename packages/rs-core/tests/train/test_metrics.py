"""Figures are written as they come and survive a crash."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rs_core.train.metrics import MetricsLog, read_metrics


def test_rows_are_on_the_disk_at_once_and_in_tensorboard_afterwards(tmp_path):
    with MetricsLog(tmp_path, 0) as log:
        log.write(10, {"train/loss": 2.5, "val/top1": 50.0})
        assert read_metrics(tmp_path) == [{"step": 10, "train/loss": 2.5, "val/top1": 50.0}]
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(10, 2.5)]


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path):
    (tmp_path / "metrics.jsonl").write_text(json.dumps({"step": 1, "a": 1}) + '\n{"step": 2, "a"')
    assert read_metrics(tmp_path) == [{"step": 1, "a": 1}]


def test_resuming_drops_what_came_after_the_checkpoint(tmp_path):
    with MetricsLog(tmp_path, 0) as log:
        for step in (1, 2, 3):
            log.write(step, {"a": step})
    with MetricsLog(tmp_path, 2) as log:
        log.write(3, {"a": 30})
    assert [row["a"] for row in read_metrics(tmp_path)] == [1, 2, 30]
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [event.value for event in events.Scalars("a")] == [1, 2, 30]


@pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow is not installed")
def test_tensorflow_stays_out_of_the_process(tmp_path):
    # PyTorch's compiler would end a process that holds it.
    log = (
        "import sys, pathlib; from rs_core.train.metrics import MetricsLog\n"
        "with MetricsLog(pathlib.Path(sys.argv[1]), 0) as log: log.write(1, {'train/loss': 1.0})\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", log, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert done.stderr == ""

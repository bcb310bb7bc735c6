"""Several processes: the same training, and every held-out video judged once."""

import json

import pytest

from rs_core.train.metrics import read_metrics

pytestmark = pytest.mark.slow


def test_two_processes_judge_as_one_does(together, command, finished_run, video_root):
    arguments = ("eval", "--model", finished_run, "--data.root", video_root, "--json", "--device", "cpu")
    arguments += ("--precision", "float32", "--data.num_workers", 0)
    (line,) = (line for line in together(*arguments).splitlines() if line.startswith("{"))
    assert json.loads(line) == pytest.approx(json.loads(command(*arguments).out), rel=1e-6)


def test_two_processes_train_as_one_that_takes_the_batch_in_two_parts(together, command, tiny, video_root, tmp_path):
    options = ("train", *tiny, "--data.root", video_root, "--data.num_workers", 0, "--epochs", 1)
    together(*options, "--run.directory", "two")
    command(*options, "--run.directory", "one", "--run.micro_batch_size", 2)
    losses = [
        [row["train/loss"] for row in read_metrics(tmp_path / run) if "train/loss" in row] for run in ("one", "two")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert len(losses[0]) == 3
    result = json.loads((tmp_path / "two/result.json").read_text())
    assert result["val/num_videos"] == 6

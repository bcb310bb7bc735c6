"""Two processes that train one detector."""

import json

import pytest

from rs_core.train.metrics import read_metrics
from rs_transfer.scenes import write_scenes

pytestmark = pytest.mark.slow


def test_two_processes_train_one_model_and_say_so_once(together, tmp_path):
    voc = write_scenes(tmp_path / "scenes", num_train=8, num_test=4, size_px=64, seed=0).voc
    settings = (
        *("--recipe", "faster_rcnn_scenes", "--root", voc, "--num_steps", 4, "--batch_size", 2, "--run.log_every", 2),
        *("--image_size", "[64,64]", "--model.width_multiplier", 0.125, "--fpn_channels", 16, "--run.device", "cpu"),
        *("--optimizer.warmup_steps", 1, "--run.directory", "run"),
    )
    out = together("detect", *settings)
    assert out.splitlines()[-1] == "run: run"
    assert out.count("4 steps of 2 images") == 1
    assert json.loads((tmp_path / "run/result.json").read_text())["steps"] == 4
    rows = read_metrics(tmp_path / "run")
    assert [row["step"] for row in rows if "train/loss" in row] == [2, 4]
    # Every test picture is judged once, by one of the two.
    assert sum("val/pascal_voc/mAP" in row for row in rows) == 1

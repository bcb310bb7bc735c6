"""``rs-transfer depth`` as a user meets it."""

import json

import numpy as np
import pytest
from PIL import Image

QUICK = ("--num_steps", 4, "--optimizer.warmup_steps", 0, "--run.log_every", 2, "--run.device", "cpu")


@pytest.fixture
def root(command):
    """A few scenes in the layout of NYU Depth."""
    assert command("scenes", "scenes", "--num_train", 4, "--num_test", 2, "--size_px", 64).code == 0
    return ("--recipe", "top_down_scenes", "--root", "scenes/nyu")


def test_it_trains_and_says_where(command, root, tmp_path):
    outcome = command("depth", *root, "--run.directory", "run", *QUICK)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "top_down_scenes: starts from random weights, 4 steps of 8 images"
    assert any(line.startswith("4 steps in ") and "test/delta1 " in line for line in lines)
    assert lines[-1] == "run: run"
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert {f"test/{name}" for name in ("delta1", "delta2", "delta3", "rmse", "abs_rel", "log10")} <= set(result)


def test_mistakes_are_one_line(refused, root, tmp_path):
    assert "eval_crop=eigen is for 640x480; set eval_crop=none" in refused("depth", *root, "--eval_crop", "eigen")
    assert "there is no setting --max_depth " in refused("depth", *root, "--max_depth", 5)
    depth = next((tmp_path / "scenes/nyu/annotations/train").iterdir())
    Image.fromarray(np.full((64, 64), 9, np.uint8)).save(depth)
    assert f"{depth.name}: a depth map in mode L" in refused("depth", *root)

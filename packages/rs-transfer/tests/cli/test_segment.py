"""``rs-transfer segment`` as a user meets it."""

import json

import numpy as np
import pytest
from PIL import Image

QUICK = ("--num_steps", 4, "--optimizer.warmup_steps", 0, "--run.log_every", 2, "--run.device", "cpu")


@pytest.fixture
def small_scenes(command):
    """A few scenes below ``scenes``."""
    assert command("scenes", "scenes", "--num_train", 4, "--num_test", 2, "--size_px", 64).code == 0
    return "scenes"


CLASSES = '["wall","ground","five","six","seven","eight","nine"]'


def test_it_trains_and_says_where(command, small_scenes, tmp_path):
    outcome = command(
        "segment", "--recipe", "fcn_scenes_ade", "--root", f"{small_scenes}/ADEChallengeData2016",
        "--class_names", CLASSES, "--run.directory", "run", *QUICK,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "fcn_scenes_ade: starts from random weights, 4 steps of 8 images"
    assert any(line.startswith("4 steps in ") and "test/miou " in line for line in lines)
    assert lines[-1] == "run: run"
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert {"test/miou", "test/pixel_accuracy", "test/mean_accuracy", "test/iou/wall"} <= set(result)


def test_mistakes_are_one_line(refused, small_scenes, tmp_path):
    root = ("--recipe", "fcn_scenes_ade", "--root", f"{small_scenes}/ADEChallengeData2016")
    assert "give one of ['fcn', 'upernet', 'deeplabv3']" in refused("segment", *root, "--head", "fcnn")
    assert "unknown recipe 'fcn_scene'" in refused("segment", "--recipe", "fcn_scene")
    assert "nowhere/images/training: there is no such folder" in refused(
        "segment", "--recipe", "fcn_ade", "--root", "nowhere"
    )
    mask = next((tmp_path / f"{small_scenes}/ADEChallengeData2016/annotations/training").iterdir())
    Image.fromarray(np.full((64, 64), 9, np.uint8)).save(mask)
    assert f"{mask.name}: holds 9, but the 7 classes are 1 to 7" in refused("segment", *root, "--class_names", CLASSES)
    assert not (tmp_path / "runs").exists()

"""Learning, proven: the default run on real handwritten digits."""

import json

import pytest
import torch

from rs_core.cli import main
from rs_core.train.metrics import read_metrics


@pytest.mark.slow
def test_the_demo_reaches_98_per_cent_on_held_out_digits(tmp_path, capsys):
    torch.set_num_threads(1)
    assert main(["train", "--run.directory", str(tmp_path / "run"), "--run.evaluate_every", "15"]) == 0
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["val/num_images"] == 359
    assert result["val/top1"] >= 98
    assert result["images_seen"] == pytest.approx(45 * 1438, abs=64)
    losses = [row["train/loss"] for row in read_metrics(tmp_path / "run") if "train/loss" in row]
    assert losses[-1] < 0.6 * losses[0]
    assert capsys.readouterr().out.splitlines()[-1] == f"run: {tmp_path / 'run'}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_any_recipe_learns_in_its_laptop_form(tmp_path, seed):
    arguments = ["--recipe", "resnet_rs_420_i320_laptop", "--run.seed", str(seed), "--epochs", "12"]
    assert main(["train", "--run.directory", str(tmp_path / "run"), "--run.evaluate_every", "12", *arguments]) == 0
    assert json.loads((tmp_path / "run/result.json").read_text())["val/top1"] >= 70

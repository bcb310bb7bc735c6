"""Learning, proven: a part of the default run on real handwritten digits."""

import json

import pytest
import torch

from rs_core.cli import main
from rs_core.train.metrics import read_metrics

NUM_EPOCHS = 12


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["resnet_rs_50_i160_laptop", "resnet_rs_420_i320_laptop"])
def test_any_recipe_learns_in_its_laptop_form(recipe, tmp_path, capsys):
    torch.set_num_threads(1)
    arguments = ["--recipe", recipe, "--epochs", str(NUM_EPOCHS), "--run.evaluate_every", str(NUM_EPOCHS)]
    assert main(["train", "--run.directory", str(tmp_path / "run"), *arguments]) == 0
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["val/num_images"] == 359
    assert result["val/top1"] >= 75
    assert result["images_seen"] == pytest.approx(NUM_EPOCHS * 1438, abs=64)
    losses = [row["train/loss"] for row in read_metrics(tmp_path / "run") if "train/loss" in row]
    assert losses[-1] < 0.9 * losses[0]
    assert capsys.readouterr().out.splitlines()[-1] == f"run: {tmp_path / 'run'}"

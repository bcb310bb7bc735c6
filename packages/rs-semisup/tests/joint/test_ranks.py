"""Several processes: the same joint training, and going on with another number of them."""

import json

import pytest

from rs_core.train.metrics import read_metrics

pytestmark = pytest.mark.slow


def test_two_processes_train_as_one_that_takes_the_batch_in_two_parts(together, command, joint_arguments, tmp_path):
    out = together("train", *joint_arguments, "--run.directory", "two")
    assert out.count("run: two") == 1
    command("train", *joint_arguments, "--run.directory", "one", "--run.micro_batch_size", 8)
    losses = [
        [row["train/loss"] for row in read_metrics(tmp_path / run) if "train/loss" in row] for run in ("one", "two")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert len(losses[0]) == 8
    assert json.loads((tmp_path / "two/result.json").read_text())["val/num_images"] == 359


def test_a_chain_goes_through_all_stages_in_two_processes(together, digits, tmp_path):
    out = together(
        *("iterate", "--unlabelled", digits.unlabelled, "--data.train_index", digits.labelled, "--out", "chain"),
        *("--data.val_index", digits.held_out, "--data.num_workers", 0, "--run.device", "cpu", "--run.compile", "off"),
        *("--run.precision", "float32", "--range_rows", 512, "--per_class", 20, "--max_copies", 2, "--threshold", 0),
        *("--student", "resnet_rs_50_i160_semisup_laptop", "--epochs", "0.4", "--batch_size", 4),
        *("--teacher", "resnet_rs_50_i160_laptop"),
    )
    assert out.splitlines()[-1] == "run: chain/1-student"
    assert (tmp_path / "chain/1-student/model.safetensors").is_file()

"""``rs-core study advise`` on the command line."""

import json
import shlex

import pytest

from rs_core.study.scaling import speed
from rs_core.train.next_steps import command as program_line

CPU = ("--device", "cpu", "--precision", "float32")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Short measurements."""
    monkeypatch.setattr(speed, "SECONDS", 0.01)


def advised(outcome) -> dict:
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_with_little_time_the_digits_get_a_small_network_and_a_command_that_trains_it(command):
    advice = advised(command("study", "advise", "--epochs", 0.05, "--budget", "2s", *CPU, "--json"))
    assert (advice["num_images"], advice["short_side"], advice["regime"]) == (1438, 32, "short")
    arguments = advice["recommended"]["arguments"]
    assert shlex.split(advice["recommended"]["command"]) == [*program_line("rs-core").split(), *arguments]
    assert advice["recommended"]["hours"] <= 2 / 3600 + 0.001

    trained = command(*arguments, *("--run.directory", "run", "--run.device", "cpu", "--run.compile", "off"))
    assert trained.code == 0, trained.err
    assert trained.out.endswith("run: run\n")


def test_photos_get_lines_with_reasons_and_the_command(command, photos):
    outcome = command("study", "advise", "--data", photos, "--epochs", 12, "--budget", "5s", "--resolution", 16, *CPU)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0] == "data       32 training images of 2 classes, 24 px on the short side"
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        *("data", "training", "train", "because", "measured", "runner-up", "command")
    ]
    assert "16 px: about " in lines[2]
    assert lines[-1].startswith(f"  {program_line('rs-core')} train --recipe resnet_rs_50_i160 --data.root {photos}")


def test_a_budget_too_small_is_one_line(refused):
    message = refused("study", "advise", "--budget", "1s", "--epochs", 350, *CPU)
    assert message.startswith("--budget 1s: the smallest network, depth 14, width 0.125, 32 px, takes about ")
    assert message.endswith("for 350 epochs of 1,438 images here; give at least that, or fewer --epochs")


def test_mistakes_are_answered_with_one_line(refused, tmp_path):
    assert "(did you mean '--budget'?)" in refused("study", "advise", "--budge", "1h")
    assert refused("study", "advise", "--budget", "1") == "--budget '1': give a time such as 90s, 7m, 12h or 2d"
    assert refused("study", "advise", "--epochs", "0") == "--epochs 0: give a number above 0"
    assert "nowhere" in refused("study", "advise", "--data", "nowhere")
    assert "smaller than the network's stride 16" in refused("study", "advise", "--resolution", "8", *CPU)
    assert refused("study", "advise", "--val_index", "v").startswith("--val_index v: goes with an index")


def test_an_index_needs_its_held_out_samples(command, refused, photos):
    for split in ("train", "val"):
        assert command("index", photos / split, "--out", f"{split}.index").code == 0
    assert "name that of the held-out samples with --val_index" in refused("study", "advise", "--data", "train.index")
    asked = ("--data", "train.index", "--val_index", "val.index", "--epochs", 1, "--budget", "0.5s", "--resolution", 16)
    advice = advised(command("study", "advise", *asked, *CPU, "--json"))
    assert advice["recommended"]["arguments"][3:7] == [
        *("--data.train_index", "train.index", "--data.val_index", "val.index")
    ]

"""The last epochs at a larger resolution."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from rs_core import load_pretrained
from rs_core.errors import UserError
from rs_core.train.config import TrainConfig
from rs_core.train.loop import train
from rs_core.train.run import read_config
from rs_semisup.joint.fix import fix_config, fix_if_asked
from rs_semisup.recipes import FixConfig


@pytest.fixture
def fixed_config(joint_config):
    fix = FixConfig(epochs=1.0, resolution=20, freeze=("stem", "c2", "c3"))
    return dataclasses.replace(joint_config, fix=fix)


def test_the_fix_sharpens_the_joint_network_at_its_own_resolution_and_leaves_the_shallow_layers(fixed_config):
    directory = train(fixed_config)
    last, finished = fix_if_asked(directory, fixed_config)
    assert (last, finished) == (directory / "fix", True)
    joint, fixed = load_pretrained(directory), load_pretrained(last)
    assert (joint.preprocessing.resolution, fixed.preprocessing.resolution) == (16, 20)
    before, after = joint.model.state_dict(), fixed.model.state_dict()
    # The average of equal weights may differ from them by rounding.
    moved = {name for name in before if not torch.allclose(before[name], after[name], rtol=1e-5, atol=1e-7)}
    assert {name.removeprefix("stages.").partition(".")[0] for name in moved} == {"c4", "c5", "classifier"}
    result = json.loads((last / "result.json").read_text())
    assert result["steps"] == 10
    assert result["images_seen"] == 40


def test_the_fix_has_neither_noise_nor_pseudo_labels(fixed_config):
    config = fix_config(Path("run"), fixed_config)
    assert type(config) is TrainConfig
    assert (config.model.dropout, config.model.drop_path_rate, config.randaugment.num_layers) == (0, 0, 0)
    assert config.schedule.warmup_epochs == 0
    assert config.data.train_index == fixed_config.data.train_index


def test_nothing_is_fixed_that_nobody_asked_for_and_nothing_twice(joint_config, fixed_config):
    directory = train(joint_config)
    assert fix_if_asked(directory, joint_config) == (directory, True)
    last, _ = fix_if_asked(directory, fixed_config)
    written = (last / "model.safetensors").stat().st_mtime_ns
    assert fix_if_asked(directory, fixed_config) == (last, True)
    assert (last / "model.safetensors").stat().st_mtime_ns == written


def test_a_fix_that_was_stopped_goes_on(fixed_config):
    directory = train(fixed_config)
    last, _ = fix_if_asked(directory, fixed_config)
    (last / "result.json").unlink()
    assert fix_if_asked(directory, fixed_config) == (last, True)
    assert (last / "result.json").is_file()
    assert read_config(last, TrainConfig).resolution == 20


def test_a_fix_at_no_resolution_is_refused():
    with pytest.raises(UserError, match=r"fix\.epochs=1\.5 needs fix\.resolution beside it"):
        FixConfig(epochs=1.5)

"""Fine-tunings on the engine of mm*, with a detector so small that a step takes milliseconds."""

import json
from dataclasses import replace

import pytest
import torch
from mmengine.config import Config

from rs_core.errors import UserError
from rs_core.models import image_model_config
from rs_transfer.detect.config import DetectConfig
from rs_transfer.detect.recipes import ON_SCENES
from rs_transfer.mm.config import DenseOptimizerConfig, DenseRunConfig
from rs_transfer.mm.run import fine_tune, resume
from rs_transfer.mm.runner import DenseRunner
from rs_transfer.scenes import write_scenes

TINY = replace(
    ON_SCENES,
    recipe="tiny",
    model=image_model_config("resnet_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, stem="small", dropout=0.1),
    num_steps=8,
    batch_size=2,
    image_size=(64, 64),
    horizontal_flip=0.5,
    fpn_channels=16,
    fc_channels=16,
    num_proposals=20,
    num_sampled=16,
    optimizer=DenseOptimizerConfig(learning_rate=0.01, warmup_steps=2, decay="cosine"),
    run=DenseRunConfig(device="cpu", num_workers=0, log_every=2, checkpoint_every=3),
)


@pytest.fixture(scope="session")
def voc(tmp_path_factory):
    """Built-in scenes of 64 pixels: ten to train on and four to test."""
    return write_scenes(tmp_path_factory.mktemp("scenes") / "data", num_train=10, num_test=4, size_px=64, seed=0).voc


@pytest.fixture
def config(voc, tmp_path) -> DetectConfig:
    return in_directory(replace(TINY, root=str(voc)), tmp_path / "run")


def in_directory(config, directory, **changes):
    return replace(config, run=replace(config.run, directory=str(directory), **changes))


def weights_of(directory):
    return torch.load(directory / "model.pth", weights_only=True)["state_dict"]


def test_a_run_leaves_config_figures_weights_and_log(config, capsys):
    directory = fine_tune(config)
    result = json.loads((directory / "result.json").read_text())
    assert set(result) >= {"test/voc_ap50", "test/coco_ap", "seconds", "steps", "num_parameters"}
    assert result["steps"] == 8
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "train/loss" in row] == [2, 4, 6, 8]
    out = capsys.readouterr().out
    assert "tiny: starts from random weights, 8 steps of 2 images" in out
    assert "step 8/8  loss " in out


def test_a_resumed_run_ends_with_the_very_same_weights(config, tmp_path):
    whole = fine_tune(config)
    stopped = tmp_path / "stopped"
    interrupted = in_directory(config, stopped)
    with pytest.raises(KeyboardInterrupt):
        fine_tune_until(interrupted, step=5)
    resumed = resume(stopped, DetectConfig)
    expected, found = weights_of(whole), weights_of(resumed)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert (
        json.loads((whole / "result.json").read_text())["test/coco_ap"]
        == (json.loads((resumed / "result.json").read_text())["test/coco_ap"])
    )


def fine_tune_until(config, step):
    """Train until Ctrl-C at a step, which a checkpoint came before."""

    def interrupt(self, batch):
        if self._iter == step:
            raise KeyboardInterrupt
        original(self, batch)

    from rs_transfer.mm.loop import StepLoop  # noqa: PLC0415

    original = StepLoop.step
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StepLoop, "step", interrupt)
        fine_tune(config)


def test_the_number_of_workers_changes_nothing(config, tmp_path):
    alone = weights_of(fine_tune(config))
    helped = weights_of(fine_tune(in_directory(config, tmp_path / "workers", num_workers=2)))
    assert all(torch.equal(alone[name], helped[name]) for name in alone)


def test_another_seed_gives_other_weights(config, tmp_path):
    first = weights_of(fine_tune(config))
    second = weights_of(fine_tune(in_directory(config, tmp_path / "seed1", seed=1)))
    assert not all(torch.equal(first[name], second[name]) for name in first)


def test_checkpoints_load_without_trusting_them(config):
    directory = fine_tune(config)
    names = sorted(path.name for path in directory.glob("iter_*.pth"))
    assert names == ["iter_6.pth", "iter_8.pth"]
    for name in names:
        checkpoint = torch.load(directory / name, weights_only=True)
        assert {"state_dict", "optimizer", "param_schedulers", "meta"} <= set(checkpoint)


def test_the_config_that_it_leaves_works_with_the_runner_of_mmengine(config, tmp_path):
    directory = fine_tune(config)
    again = Config.fromfile(directory / "mm_config.py")
    again.work_dir = str(tmp_path / "again")
    runner = DenseRunner.from_cfg(again)
    runner.train()
    expected = weights_of(directory)
    assert all(torch.equal(expected[name], tensor) for name, tensor in runner.model.state_dict().items())


def test_a_loss_that_is_not_finite_stops_the_run_in_one_line(config):
    wild = replace(config, optimizer=replace(config.optimizer, learning_rate=1e9, warmup_steps=0))
    with pytest.raises(UserError, match=r"the loss is not finite between steps .* try a lower optimizer"):
        fine_tune(wild)


def test_a_directory_in_use_is_refused(config, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        fine_tune(config)


def test_bad_data_are_refused_before_anything_is_written(config, tmp_path):
    with pytest.raises(UserError, match="root is the VOCdevkit"):
        fine_tune(replace(config, root=str(tmp_path / "nothing")))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_steps": 0}, "num_steps=0"),
        ({"optimizer": DenseOptimizerConfig(warmup_steps=8)}, "optimizer.warmup_steps=8: lasts for all 8 steps"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        replace(TINY, **change)

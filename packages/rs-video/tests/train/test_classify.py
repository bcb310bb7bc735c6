"""Training on videos with rs-core's loop: it learns, resumes exactly, and leaves a model that says how it is fed."""

import dataclasses
import json

import pytest
import torch

from rs_core import load_pretrained
from rs_core.data.index import SampleIndex
from rs_core.errors import UserError
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.loop import resume, train
from rs_core.train.metrics import read_metrics
from rs_video.cli.train import COMMAND
from rs_video.config import VideoTrainConfig
from rs_video.release import VideoInput, video_input_of
from rs_video.train.classify import VideoClassification


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RS_CORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def config(tiny, video_root):
    return COMMAND.parse([*tiny, "--data.root", str(video_root), "--data.num_workers", "0"])


def in_directory(config, directory, **run):
    return dataclasses.replace(config, run=dataclasses.replace(config.run, directory=str(directory), **run))


def test_a_run_leaves_a_model_with_its_classes_clips_and_views(finished_run):
    trained = load_pretrained(finished_run)
    assert trained.class_names == ("brighter", "darker")
    video_input = video_input_of(trained, "run")
    assert video_input.clip.num_frames == 4
    assert (video_input.views.short_side, video_input.views.resolution) == (32, 32)
    assert (trained.preprocessing.mean, trained.preprocessing.std) == ((0, 0, 0), (1, 1, 1))
    result = json.loads((finished_run / "result.json").read_text())
    assert result["clips_seen"] == 24
    assert result["val/num_videos"] == 6
    for name in ("report.md", "curves.png", "metrics.jsonl", "config.yaml"):
        assert (finished_run / name).is_file()


def test_the_report_says_what_to_do_with_the_model(finished_run):
    report = (finished_run / "report.md").read_text()
    assert "predict --model" in report
    assert "rs-video" in report
    assert "ImageNet" not in report


def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(config, tmp_path):
    whole = train(in_directory(config, tmp_path / "whole", keep_checkpoints=9, checkpoint_every=0.0))
    halted = in_directory(config, tmp_path / "halted", keep_checkpoints=9, checkpoint_every=0.0)
    train(halted)
    later = [path for path in list_checkpoints(tmp_path / "halted/checkpoints") if "000002" not in path.name]
    for path in later:
        path.unlink()
    (tmp_path / "halted/model.safetensors").unlink()
    resumed = resume(tmp_path / "halted", VideoTrainConfig)
    states = [load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, resumed)]
    assert states[0]["step"] == states[1]["step"] == 6
    for part in ("model", "ema"):
        assert all(torch.equal(states[0][part][name], value) for name, value in flat(states[1][part]).items())


def flat(state):
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


def test_activation_checkpointing_changes_no_loss(config, tmp_path):
    losses = []
    for name, checkpointing in (("plain", False), ("checkpointed", True)):
        model = dataclasses.replace(config.model, activation_checkpointing=checkpointing)
        directory = train(in_directory(dataclasses.replace(config, model=model, epochs=1.0), tmp_path / name))
        losses.append([row["train/loss"] for row in read_metrics(directory) if "train/loss" in row])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert len(losses[0]) == 3


def test_bfloat16_trains(config, tmp_path):
    directory = train(in_directory(dataclasses.replace(config, epochs=1.0), tmp_path / "run", precision="bfloat16"))
    assert all(row["train/loss"] < 5 for row in read_metrics(directory) if "train/loss" in row)


def test_videos_without_labels_are_refused_when_they_are_met(config):
    task = VideoClassification(config, torch.device("cpu"))
    index = task.train_index
    task.train_index = SampleIndex(index.source, index.labels * 0 - 1, index.class_names, index.columns)
    (batch,) = task.batches([range(4)])
    with pytest.raises(UserError, match=r"mp4: has no label; index the videos with labels"):
        task.loss(torch.nn.Identity(), batch, torch.Generator())


def test_what_a_model_is_fed_with_has_defaults_where_the_file_does_not_say(finished_run):
    trained = dataclasses.replace(load_pretrained(finished_run), extras={})
    assert video_input_of(trained, "x") == VideoInput()
    damaged = dataclasses.replace(trained, extras={"rs_video": {"clip": {"num_frames": -1}}})
    with pytest.raises(UserError, match=r"x: the description of its input is damaged \(clip num_frames -1"):
        video_input_of(damaged, "x")

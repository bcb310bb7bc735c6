"""A whole fine-tuning: grid, last run and result; resumed anywhere; test images read once, after all training."""

import json
import os
import signal
from dataclasses import replace

import pytest
import torch
import yaml

from rs_core import load_pretrained
from rs_core.data.index.in_memory import Files
from rs_core.errors import UserError
from rs_core.train.loop import Trainer
from rs_transfer.classify import grid as grid_module
from rs_transfer.classify import run as run_module
from rs_transfer.classify.config import GridConfig
from rs_transfer.classify.run import fine_tune_classifier, resume_classifier
from rs_transfer.classify.start import starting_from
from rs_transfer.classify.stopped import Stopped

GRID = GridConfig(learning_rates=(0.01, 0.1), weight_decays=(1e-4,))


def silent(_line):
    pass


def result_of(directory):
    return json.loads((directory / "result.json").read_text())


def with_root(config, root, **changes):
    return replace(config, data=replace(config.data, root=str(root), num_workers=0, **changes))


@pytest.fixture
def trained(monkeypatch):
    """The directories of all runs that are trained, as they begin."""
    begun = []
    stage = run_module.finish_stage

    def note(config):
        if not (directory := run_module.Path(config.run.directory) / "result.json").is_file():
            begun.append(directory.parent.name)
        return stage(config)

    for module in (run_module, grid_module):
        monkeypatch.setattr(module, "finish_stage", note)
    return begun


def test_without_a_grid_there_is_one_run(tiny, trained):
    directory = fine_tune_classifier(tiny, silent)
    assert trained == ["fine-tuned"]
    result = result_of(directory)
    assert result["test/num_images"] == 191
    assert 0 <= result["test/top1"] <= 100
    assert result["steps"] == 3
    assert "grid" not in result


def test_a_grid_is_tried_on_the_split_before_the_last_run(tiny, trained):
    directory = fine_tune_classifier(replace(tiny, grid=GRID), silent)
    assert trained == ["lr0.01-wd0.0001", "lr0.1-wd0.0001", "fine-tuned"]
    result = result_of(directory)
    assert [row["learning_rate"] for row in result["grid"]] == [0.01, 0.1]
    best = max(row["val/top1"] for row in result["grid"])
    chosen = {name: result[f"chosen/{name}"] for name in ("learning_rate", "weight_decay")}
    assert {**chosen, "val/top1": best} in result["grid"]
    last = yaml.safe_load((directory / "fine-tuned/config.yaml").read_text())
    assert last["optimizer"]["learning_rate_per_256"] == chosen["learning_rate"]
    for cell in (directory / "grid").glob("lr*/"):
        assert result_of(cell)["val/num_images"] == 5
        assert not (cell / "checkpoints").exists()


def test_the_weights_at_the_end_are_ready_for_use(tiny):
    directory = fine_tune_classifier(tiny, silent)
    assert load_pretrained(directory / "fine-tuned").class_names == ("5", "6", "7", "8", "9")


def test_test_images_are_read_once_after_all_training(tiny, photos, monkeypatch):
    events = []
    read, step = Files.read, Trainer.train_step

    def note_read(files, row):
        events.append(files.name(row))
        return read(files, row)

    def note_step(trainer):
        events.append("step")
        step(trainer)

    monkeypatch.setattr(Files, "read", note_read)
    monkeypatch.setattr(Trainer, "train_step", note_step)
    config = with_root(replace(tiny, grid=GRID), photos)
    # A run may show how it does on the split as it goes, but not on the test images.
    config = replace(config, run=replace(config.run, evaluate_every=0.01))
    fine_tune_classifier(config, silent)
    is_test = [f"{photos}/val/" in event for event in events]
    first = is_test.index(True)
    assert events[:first].count("step") == 3 * 3
    assert all(is_test[first:])
    assert sorted(events[first:]) == sorted(map(str, (photos / "val").glob("*/*.png")))


def test_a_run_goes_on_where_it_was_stopped_and_trains_no_cell_twice(tiny, tmp_path, monkeypatch, trained):
    config = replace(tiny, grid=GRID)
    whole = fine_tune_classifier(replace(config, run=replace(config.run, directory=str(tmp_path / "whole"))), silent)
    trained.clear()
    step = Trainer.train_step

    def step_then_signal(trainer):
        step(trainer)
        if trainer.config.run.directory.endswith("lr0.1-wd0.0001") and trainer.state.step == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with (
        monkeypatch.context() as patched,
        pytest.raises(Stopped, match=r"stopped before its end; go on with .*rs-transfer classify --resume .*/run$"),
    ):
        patched.setattr(Trainer, "train_step", step_then_signal)
        fine_tune_classifier(config, silent)
    directory = resume_classifier(tmp_path / "run", silent)
    assert trained == ["lr0.01-wd0.0001", "lr0.1-wd0.0001", "lr0.1-wd0.0001", "fine-tuned"]
    one, other = (
        {name: value for name, value in result_of(run).items() if name != "seconds"} for run in (whole, directory)
    )
    assert one == other


def test_a_finished_run_is_refused(tiny):
    fine_tune_classifier(tiny, silent)
    with pytest.raises(UserError, match=r"run\.directory=.*: a finished run; name another directory"):
        fine_tune_classifier(tiny, silent)


def test_a_run_of_other_settings_is_refused(tiny, tmp_path):
    fine_tune_classifier(tiny, silent)
    (tmp_path / "run/result.json").unlink()
    with pytest.raises(UserError, match=r"a run of other settings \(steps=4 instead of 3\)"):
        fine_tune_classifier(replace(tiny, steps=4), silent)


def test_what_cannot_be_had_leaves_no_directory(tiny, photos, tmp_path):
    with pytest.raises(UserError, match="no such file"):
        fine_tune_classifier(replace(tiny, initial_weights="nowhere.pth"), silent)
    (photos / "val").rename(photos / "test")
    with pytest.raises(UserError, match="has no folder val/"):
        fine_tune_classifier(with_root(tiny, photos), silent)
    assert not (tmp_path / "run").exists()


def test_the_weights_of_another_width_are_refused(tiny, write_weights):
    config = replace(tiny, initial_weights=write_weights(num_classes=3, width_multiplier=0.25))
    with pytest.raises(UserError, match=r"do not fit this model .*misshapen"):
        fine_tune_classifier(config, silent)


@pytest.mark.parametrize("num_classes", [5, 3])
def test_a_classifier_always_starts_anew(tiny, write_weights, monkeypatch, num_classes):
    weights = write_weights(num_classes=num_classes)
    before, starts = load_pretrained(weights).model.state_dict(), []
    step = Trainer.train_step

    def note_start(trainer):
        starts.append({name: tensor.clone() for name, tensor in trainer.state.model.state_dict().items()})
        step(trainer)

    monkeypatch.setattr(Trainer, "train_step", note_start)
    fine_tune_classifier(starting_from(replace(tiny, steps=1), weights), silent)
    after = starts[0]
    assert torch.equal(after["stages.c5.0.conv1.weight"], before["stages.c5.0.conv1.weight"])
    assert after["classifier.weight"].shape == (5, before["classifier.weight"].shape[1])
    if num_classes == 5:
        assert not torch.equal(after["classifier.weight"], before["classifier.weight"])

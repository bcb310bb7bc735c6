"""The training loop: what a run leaves, and that stopping and resuming changes nothing."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from rs_core import UserError, load_pretrained
from rs_core.models import build_model, freeze_batch_norm
from rs_core.train import loop
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.classify import Classification
from rs_core.train.config import TrainConfig
from rs_core.train.loop import Trainer, part_seed, resume, train
from rs_core.train.metrics import read_metrics


def with_run(config, **changes):
    return dataclasses.replace(config, run=dataclasses.replace(config.run, **changes))


def without_randaugment(config):
    return dataclasses.replace(config, randaugment=dataclasses.replace(config.randaugment, num_layers=0))


def losses(directory):
    return {row["step"]: row["train/loss"] for row in read_metrics(directory) if "train/loss" in row}


def assert_same_state(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        if isinstance(value, dict):
            assert_same_state(value, other[key])
        elif isinstance(value, torch.Tensor):
            assert torch.equal(value, other[key]), key


def test_a_run_leaves_everything_needed_to_use_judge_and_repeat_it(tiny_config, capsys):
    directory = train(tiny_config)
    for name in ("config.yaml", "metrics.jsonl", "curves.png", "model.safetensors", "result.json", "report.md"):
        assert (directory / name).stat().st_size > 0, name
    assert list(directory.glob("events.out.tfevents.*"))
    assert [path.name for path in list_checkpoints(directory / "checkpoints")] == ["step_00000009.pt"]

    result = json.loads((directory / "result.json").read_text())
    assert result["steps"] == 9
    assert result["images_seen"] == 9 * 32
    assert result["val/num_images"] == 359
    assert 0 <= result["val/top1"] <= 100
    assert set(losses(directory)) == set(range(1, 10))

    released = load_pretrained(directory)
    assert released.class_names == tuple("0123456789")
    assert released.preprocessing.resolution == 16
    average = load_checkpoint(list_checkpoints(directory / "checkpoints")[0])["ema"]["model"]
    for name, tensor in released.model.state_dict().items():
        assert torch.equal(tensor, average[name])
    assert "step 9/9" in capsys.readouterr().out


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_last_bit(
    tiny_config, tmp_path, monkeypatch, precision, stop_after
):
    tiny_config = with_run(tiny_config, precision=precision)
    whole = train(with_run(tiny_config, directory=str(tmp_path / "whole")))
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        broken = train(tiny_config)
    assert set(losses(broken)) == {1, 2, 3, 4}
    assert not (broken / "result.json").exists()

    resume(broken)
    assert losses(broken) == losses(whole)
    ends = [load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, broken)]
    for part in ("model", "ema", "optimizer", "scaler"):
        assert_same_state(ends[0][part], ends[1][part])
    results = [json.loads((run / "result.json").read_text()) for run in (whole, broken)]
    assert results[0]["val/loss"] == results[1]["val/loss"]


def test_float16_trains_with_a_loss_scale_that_is_part_of_the_state(tiny_config):
    optimizer = dataclasses.replace(tiny_config.optimizer, clip_grad_norm=1.0)
    directory = train(with_run(dataclasses.replace(tiny_config, optimizer=optimizer), precision="float16"))
    assert all(loss < 5 for loss in losses(directory).values())
    state = load_checkpoint(list_checkpoints(directory / "checkpoints")[-1])
    assert state["scaler"]["scale"] > 1
    assert state["scaler"]["_growth_tracker"] > 0


def test_a_run_may_be_resumed_twice_and_across_an_epoch(tiny_config, tmp_path, monkeypatch, stop_after):
    tiny_config = dataclasses.replace(tiny_config, epochs=1.1, batch_size=200)  # eight steps, the epoch ends in one
    whole = train(with_run(tiny_config, directory=str(tmp_path / "whole")))
    for step, go_on in ((2, lambda: train(tiny_config)), (7, lambda: resume(tmp_path / "run"))):
        with monkeypatch.context() as patched:
            stop_after(step, patched)
            go_on()
    assert losses(resume(tmp_path / "run")) == losses(whole)


def test_resuming_forgets_the_rows_after_the_checkpoint(tiny_config, monkeypatch, stop_after):
    with monkeypatch.context() as patched:
        stop_after(3, patched)
        directory = train(tiny_config)
    with (directory / "metrics.jsonl").open("a") as file:
        file.write('{"step": 5, "train/loss": 1.0}\n{"step": 6, "trai')
    resume(directory)
    rows = [row["step"] for row in read_metrics(directory) if "train/loss" in row]
    assert rows == list(range(1, 10))


def test_a_resumed_run_decides_about_compilation_as_the_whole_run_did(tiny_config, monkeypatch, stop_after):
    config = with_run(tiny_config, compile="auto", micro_batch_size=8)
    asked = []
    decide = loop.maybe_compile

    def decide_and_note(model, mode, device, passes):
        asked.append(passes)
        return decide(model, mode, device, passes)

    monkeypatch.setattr(loop, "maybe_compile", decide_and_note)
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        directory = train(config)
    resume(directory)
    assert asked == [9 * 4, 9 * 4]


def test_a_resumed_run_takes_and_names_the_settings_that_were_edited(tiny_config, monkeypatch, capsys, stop_after):
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        directory = train(tiny_config)
    edited = (directory / "config.yaml").read_text().replace("weight_decay: 4.0e-05", "weight_decay: 0.5")
    (directory / "config.yaml").write_text(edited)
    capsys.readouterr()
    resume(directory)
    assert "edited since the checkpoint: optimizer.weight_decay=0.5 instead of 4e-05" in capsys.readouterr().out
    groups = load_checkpoint(list_checkpoints(directory / "checkpoints")[-1])["optimizer"]["param_groups"]
    assert max(group["weight_decay"] for group in groups) == 0.5


def test_another_split_of_the_weight_decay_cannot_take_the_momentum_over(tiny_config, monkeypatch, stop_after):
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        directory = train(tiny_config)
    edited = (directory / "config.yaml").read_text().replace("weight_decay_on: all_but_bn", "weight_decay_on: kernels")
    (directory / "config.yaml").write_text(edited)
    with pytest.raises(UserError, match=r"made with another optimizer.weight_decay_on; put the old one back"):
        resume(directory)


def test_a_checkpoint_that_lacks_a_part_is_refused(tiny_config):
    directory = train(tiny_config)
    (path,) = list_checkpoints(directory / "checkpoints")
    state = load_checkpoint(path)
    del state["ema"], state["scaler"]
    torch.save(state, path)
    with pytest.raises(UserError, match="not a whole checkpoint, it lacks ema, scaler"):
        resume(directory)


def test_resuming_a_finished_run_changes_nothing(tiny_config):
    directory = train(tiny_config)
    before = json.loads((directory / "result.json").read_text())
    resume(directory)
    after = json.loads((directory / "result.json").read_text())
    assert after == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_process_group_saves_and_leaves_with_success(tmp_path, number):
    train_for_long = [
        *(sys.executable, "-m", "rs_core", "train", "--run.directory", str(tmp_path / "run")),
        *("--run.log_every", "1", "--epochs", "1000", "--resolution", "16", "--data.num_workers", "2"),
        *("--run.compile", "off"),
    ]
    process = subprocess.Popen(
        train_for_long, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    for line in process.stdout:
        if line.startswith("step 3/"):
            break
    os.killpg(process.pid, number)  # as a terminal or a scheduler does: the workers get it too
    out, err = process.communicate()
    watchdog.cancel()
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == f"run: {tmp_path / 'run'}"
    assert f"rs-core train --resume {tmp_path / 'run'}" in out
    assert "Traceback" not in err
    assert len(list_checkpoints(tmp_path / "run/checkpoints")) == 1


class PlainTrainConfig(TrainConfig):
    """Trains its network without squeeze-and-excitation."""

    def build_network(self):
        return build_model(dataclasses.replace(self.model, se_ratio=0.0))


def test_what_is_trained_is_the_network_that_the_config_builds(tiny_config):
    values = {field.name: getattr(tiny_config, field.name) for field in dataclasses.fields(tiny_config)}
    directory = train(PlainTrainConfig(**values))
    assert load_pretrained(directory).model.config.se_ratio == 0


def test_gradient_accumulation_sees_the_whole_batch(tiny_config, tmp_path):
    # Batch norm sees the parts one by one, so the losses differ a little; lost or doubled parts would show more.
    whole = losses(train(with_run(tiny_config, directory=str(tmp_path / "whole"))))
    parts = losses(train(with_run(tiny_config, directory=str(tmp_path / "parts"), micro_batch_size=11)))
    assert tiny_config.num_parts(num_ranks=1) == 1
    assert with_run(tiny_config, micro_batch_size=11).num_parts(num_ranks=1) == 4
    assert parts != whole
    assert parts[1] == pytest.approx(whole[1], rel=0.05)


def test_accumulated_gradients_are_those_of_the_mean_loss(tiny_config, tmp_path, monkeypatch):
    # Without what couples the samples of a batch, parts and whole must agree to rounding.
    model = dataclasses.replace(tiny_config.model, dropout=0.0, drop_path_rate=0.0)
    config = dataclasses.replace(without_randaugment(tiny_config), model=model)
    build = TrainConfig.build_network
    monkeypatch.setattr(TrainConfig, "build_network", lambda config: freeze_statistics(build(config)))
    whole = losses(train(with_run(config, directory=str(tmp_path / "whole"))))
    parts = losses(train(with_run(config, directory=str(tmp_path / "parts"), micro_batch_size=8)))
    assert parts == pytest.approx(whole, rel=1e-4)


def freeze_statistics(model):
    freeze_batch_norm(model)
    return model


@pytest.mark.parametrize("bad_step", [0, 5])
def test_a_loss_that_is_not_finite_stops_the_run_with_step_and_checkpoint(tiny_config, monkeypatch, bad_step):
    config = with_run(tiny_config, log_every=3, checkpoint_every=0.0, keep_checkpoints=1)
    real_loss = Classification.loss

    def loss_that_breaks(task, model, batch, generator):
        loss, others = real_loss(task, model, batch, generator)
        broken = generator.initial_seed() == part_seed(0, bad_step, loop.AUGMENTATION, 0)
        return loss * float("nan") if broken else loss, others

    monkeypatch.setattr(Classification, "loss", loss_that_breaks)
    with pytest.raises(UserError, match=f"loss of step {bad_step} is not finite") as caught:
        train(config)
    good = list_checkpoints(Path(config.run.directory, "checkpoints"))
    if bad_step == 0:
        assert not good
        assert "no checkpoint yet" in str(caught.value)
    else:
        assert str(good[-1]) in str(caught.value)
        assert all(t.isfinite().all() for t in load_checkpoint(good[-1])["model"].values())


def test_weights_that_are_not_finite_never_reach_a_checkpoint(tiny_config, monkeypatch):
    config = with_run(tiny_config, checkpoint_every=0.0, keep_checkpoints=9)
    take_step = Trainer.train_step

    def step_with_a_bad_gradient_at_the_end(trainer):
        take_step(trainer)
        if trainer.state.step == 6:  # the loss of this step was fine
            trainer.state.model.classifier.weight.data[0, 0] = float("inf")

    monkeypatch.setattr(Trainer, "train_step", step_with_a_bad_gradient_at_the_end)
    with pytest.raises(UserError, match="the weights after step 5 are not finite; the last good checkpoint is"):
        train(config)
    assert list_checkpoints(Path(config.run.directory, "checkpoints"))[-1].name == "step_00000005.pt"


def test_the_host_does_not_wait_for_the_device_between_log_lines(tiny_config, monkeypatch):
    # RandAugment reads its draws, which are on the CPU for every device; it is left out to see the rest.
    config = with_run(without_randaugment(tiny_config), log_every=9)
    waits = []
    item = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: (waits.append(1), item(tensor))[1])
    take_step = Trainer.train_step

    def step_without_waiting(trainer):
        before = len(waits)
        take_step(trainer)
        assert len(waits) == before or trainer.state.step == 1  # the first step starts the loader

    monkeypatch.setattr(Trainer, "train_step", step_without_waiting)
    train(config)
    assert waits  # the log line itself does wait


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_no_step_waits_for_the_gpu(tiny_config, monkeypatch):
    take_step = Trainer.train_step

    def step_without_waiting(trainer):
        torch.cuda.set_sync_debug_mode("error" if trainer.state.step else "default")
        take_step(trainer)
        torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(Trainer, "train_step", step_without_waiting)
    train(with_run(tiny_config, log_every=9, device="cuda"))


def test_evaluations_fall_on_whole_epochs_however_many_steps_those_have(tiny_config):
    config = dataclasses.replace(tiny_config, epochs=2.0, batch_size=600)  # 2.4 steps an epoch, 5 in all
    rows = read_metrics(train(config))
    assert [row["step"] for row in rows if "val/top1" in row] == [3, 5]


def test_a_directory_in_use_is_refused(tiny_config, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty; continue that run with --resume"):
        train(tiny_config)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_resuming_needs_a_run(tmp_path):
    with pytest.raises(UserError, match=r"no run here, config.yaml is missing"):
        resume(tmp_path)


def test_a_checkpoint_of_another_architecture_is_refused(tiny_config, tmp_path):
    directory = train(tiny_config)
    config = (directory / "config.yaml").read_text().replace("width_multiplier: 0.25", "width_multiplier: 0.5")
    (directory / "config.yaml").write_text(config)
    with pytest.raises(UserError, match=r"do not fit this model .* misshapen: stem.conv1.weight"):
        resume(directory)


def test_time_spent_adds_up_over_resumptions(tiny_config, monkeypatch, stop_after):
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        started = time.monotonic()
        directory = train(tiny_config)
        first = time.monotonic() - started
    saved = load_checkpoint(list_checkpoints(directory / "checkpoints")[-1])["seconds"]
    assert 0 < saved <= first
    resume(directory)
    assert json.loads((directory / "result.json").read_text())["seconds"] > saved


def test_streams_of_random_numbers_differ_by_step_purpose_and_part():
    seeds = {
        part_seed(seed, step, stream, part)
        for seed in range(3)
        for step in range(100)
        for stream in range(2)
        for part in range(4)
    }
    assert len(seeds) == 2400
    assert part_seed(0, 7, 1, 2) == part_seed(0, 7, 1, 2)


def test_a_run_may_start_from_the_weights_of_another(tiny_config, tmp_path):
    first = train(with_run(tiny_config, directory=str(tmp_path / "first")))
    still = dataclasses.replace(tiny_config.optimizer, learning_rate_per_256=0.0)
    config = dataclasses.replace(tiny_config, optimizer=still, initial_weights=str(first))
    second = train(with_run(config, directory=str(tmp_path / "second")))
    weights = [load_pretrained(run).model for run in (first, second)]
    for (name, value), (_, other) in zip(*(model.named_parameters() for model in weights), strict=True):
        assert torch.equal(value, other), name


def test_parts_that_are_frozen_stay_as_they_were(tiny_config, tmp_path):
    first = train(with_run(tiny_config, directory=str(tmp_path / "first")))
    config = dataclasses.replace(tiny_config, freeze=("stem", "c2", "c3", "c4", "c5"), initial_weights=str(first))
    second = train(with_run(config, directory=str(tmp_path / "second")))
    before, after = (load_pretrained(run).model.state_dict() for run in (first, second))
    for name, tensor in before.items():
        if tensor.is_floating_point():
            # The average of equal weights may differ from them by rounding.
            assert torch.allclose(tensor, after[name], rtol=1e-5, atol=1e-7) != name.startswith("classifier"), name


def test_a_part_that_cannot_be_frozen_is_refused(tiny_config):
    with pytest.raises(UserError, match="cannot freeze 'c1': choose from"):
        train(dataclasses.replace(tiny_config, freeze=("c1",)))

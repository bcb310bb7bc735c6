"""``rs-core train``: runs on every kind of data, repeated, resumed and refused."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from rs_core import load_pretrained
from rs_core.cli.train import parse
from rs_core.recipes import DistillationConfig
from rs_core.train import loop
from rs_core.train.checkpoint import load_checkpoint
from rs_core.train.metrics import read_metrics
from rs_core.train.run import write_config


@pytest.fixture
def train(command, tiny, tmp_path):
    """Train a tiny network into ``tmp_path / "run"`` and give the run directory."""

    def run(*arguments):
        directory = tmp_path / "run"
        outcome = command("train", *tiny, "--run.directory", directory, *arguments)
        assert outcome.code == 0, outcome.err
        assert outcome.out.splitlines()[-1] == f"run: {directory}"
        return directory

    return run


def losses(directory):
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    return [row["train/loss"] for row in rows if "train/loss" in row]


def test_without_a_directory_the_run_is_named_after_its_recipe(command, tiny, tmp_path):
    outcome = command("train", *tiny, "--epochs", "0.01")
    assert outcome.code == 0
    (directory,) = (tmp_path / "runs").iterdir()
    assert directory.name.startswith("resnet_rs_50_i160_laptop-")
    assert outcome.out.splitlines()[-1] == f"run: runs/{directory.name}"


def test_the_config_of_a_run_repeats_it(train, digits_run):
    again = train("--config", digits_run / "config.yaml")
    assert losses(again) == losses(digits_run)


def test_single_settings_go_on_top_of_the_config_of_a_run(command, digits_run, tmp_path):
    arguments = ("--config", digits_run / "config.yaml", "--run.directory", tmp_path / "run", "--run.seed", "5")
    arguments += ("--epochs", "0.01")
    assert command("train", *arguments).code == 0
    config = yaml.safe_load((tmp_path / "run/config.yaml").read_text())
    assert config["run"]["seed"] == 5
    assert config["resolution"] == 16
    assert losses(tmp_path / "run")[0] != losses(digits_run)[0]


def test_the_methods_of_bag_of_tricks_are_settings_that_a_config_keeps(train, digits_run):
    arguments = ("--mixup_alpha", "0.2", "--label_smoothing_over", "wrong", "--distillation.teacher", digits_run)
    arguments += ("--distillation.temperature", "4", "--optimizer.weight_decay_on", "all")
    directory = train(*arguments, "--schedule.decay", "step", "--schedule.milestones", "[0.25,0.5,0.75]")
    config = parse(["--config", str(directory / "config.yaml")])
    assert (config.mixup_alpha, config.label_smoothing_over) == (0.2, "wrong")
    assert config.distillation == DistillationConfig(teacher=str(digits_run), temperature=4.0)
    assert config.optimizer.weight_decay_on == "all"
    assert config.schedule.milestones == (0.25, 0.5, 0.75)
    (checkpoint,) = (directory / "checkpoints").iterdir()
    assert load_checkpoint(checkpoint)["config"]["schedule"]["milestones"] == (0.25, 0.5, 0.75)
    row = next(row for row in read_metrics(directory) if "train/loss" in row)
    assert row["train/loss"] == pytest.approx(row["train/loss_labels"] + row["train/loss_teacher"], rel=1e-5)


def test_a_teacher_that_is_not_there_begins_no_run(refused, tmp_path):
    arguments = ("--distillation.teacher", "runs/gone", "--run.directory", tmp_path / "run")
    assert "runs/gone: no such file" in refused("train", *arguments)
    assert not (tmp_path / "run").exists()


def test_another_network_is_trained_by_the_recipe(train):
    directory = train("--model", "resnet_d_50", "--epochs", "0.01")
    trained = load_pretrained(directory)
    assert trained.origin.recipe == "resnet_d_50_by_resnet_rs_50_i160_laptop"
    network = trained.model.config
    assert (network.se_ratio, network.stem_downsampling) == (0, "max_pool")
    assert (network.dropout, network.stem) == (0.25, "small")


def test_an_image_folder_gives_its_class_names(photo_run):
    trained = load_pretrained(photo_run)
    assert trained.class_names == ("blue", "red")
    assert trained.model.config.num_classes == 2
    assert json.loads((photo_run / "result.json").read_text())["val/num_images"] == 8


def test_csv_files_name_images_and_labels(train, photos):
    tables = []
    for split in ("train", "val"):
        table = photos / f"{split}.csv"
        rows = [f"{path.relative_to(photos)},{path.parent.name}" for path in sorted((photos / split).glob("*/*.png"))]
        table.write_text("\n".join(["file,label", *rows]) + "\n")
        tables += [f"--data.{split}_csv", table]
    directory = train("--recipe", "resnet_rs_50_i160_laptop", "--data.root", photos, *tables)
    assert load_pretrained(directory).class_names == ("blue", "red")


def test_a_run_that_was_stopped_goes_on(command, digits_run, tmp_path):
    run = shutil.copytree(digits_run, tmp_path / "run")
    (run / "model.safetensors").unlink()
    outcome = command("train", "--resume", run)
    assert outcome.code == 0
    assert "resumed at step 4" in outcome.out
    assert (run / "model.safetensors").is_file()


def leaves_nothing(tmp_path):
    return [path.name for path in tmp_path.iterdir() if path.name != "photos"] == []


def test_a_missing_data_folder_is_named_and_no_run_begins(refused, tmp_path):
    message = refused("train", "--data.root", "nowhere", "--run.directory", "run")
    assert message == "nowhere: no such folder; give the folder that holds train/ and val/"
    assert leaves_nothing(tmp_path)


def test_a_class_without_images_is_named_and_no_run_begins(refused, photos, tmp_path):
    shutil.rmtree(photos / "train/red")
    (photos / "train/red").mkdir()
    assert refused("train", "--data.root", photos).startswith(f"{photos}/train/red: no images")
    assert leaves_nothing(tmp_path)


def test_a_label_out_of_range_is_named_with_its_row(refused, photos, tmp_path):
    (photos / "train.csv").write_text("file,label\ntrain/red/0.png,0\ntrain/blue/0.png,1\n")
    (photos / "val.csv").write_text("file,label\nval/red/0.png,0\nval/blue/0.png,2\n")
    tables = ("--data.train_csv", photos / "train.csv", "--data.val_csv", photos / "val.csv")
    assert "val.csv, row 3: label 2 is out of range" in refused("train", "--data.root", photos, *tables)
    assert leaves_nothing(tmp_path)


def test_one_csv_file_without_the_other_is_refused(refused, tmp_path):
    message = refused("train", "--data.root", ".", "--data.train_csv", "t.csv")
    assert message.startswith("data.train_csv needs data.val_csv beside it")
    assert leaves_nothing(tmp_path)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_truncated_photo_is_replaced_and_listed(command, tiny, photos, shared, num_workers):
    (photos / "train/red/0.png").unlink()
    shutil.copy(shared / "data/corrupt/truncated_000001.jpg", photos / "train/red/0.jpg")
    workers = ("--data.num_workers", num_workers, "--recipe", "resnet_rs_50_i160_laptop", "--epochs", "1")
    outcome = command("train", *tiny, "--data.root", photos, *workers, "--run.directory", "run")
    assert (outcome.code, outcome.err) == (0, "")
    (skip,) = map(json.loads, Path("run/skipped.jsonl").read_text().splitlines())
    assert skip["file"] == f"{photos}/train/red/0.jpg"
    assert skip["reason"].startswith("truncated or damaged image")
    assert json.loads(Path("run/result.json").read_text())["num_skipped"] == 1


def test_too_many_unreadable_photos_stop_training(refused, tiny, photos):
    for path in list((photos / "train/red").iterdir())[:11]:
        path.write_bytes(b"no image")
    workers = ("--data.num_workers", 0, "--recipe", "resnet_rs_50_i160_laptop", "--epochs", "2")
    message = refused("train", *tiny, "--data.root", photos, *workers, "--run.directory", "run")
    assert re.match(r"\d+ of \d+ training samples could not be read, more than data.max_skipped_share=0.001", message)
    assert "run/skipped.jsonl" in message


def test_an_index_trains_and_judges_as_the_folder_it_was_made_from(command, tiny, photos):
    for split in ("train", "val"):
        assert command("index", photos / split, "--out", f"{split}.index").code == 0
    options = (*tiny, "--recipe", "resnet_rs_50_i160_laptop", "--run.directory")
    indices = ("--data.train_index", "train.index", "--data.val_index", "val.index")
    assert command("train", *options, "from_index", *indices).code == 0
    assert command("train", *options, "from_folder", "--data.root", photos).code == 0
    losses, of_the_folder = (
        [row.get("train/loss") for row in read_metrics(Path(run))] for run in ("from_index", "from_folder")
    )
    assert losses == of_the_folder
    assert Path("from_index/report.md").read_text().startswith("# resnet_rs_50_i160_laptop on train.index\n")
    outcome = command("eval", "--model", "from_index", "--data.val_index", "val.index", "--json", "--device", "cpu")
    assert json.loads(outcome.out)["val/num_images"] == 8


def test_an_index_of_other_classes_is_refused(command, refused, tiny, photos):
    command("index", photos / "train", "--out", "train.index")
    (photos / "val/red").rename(photos / "val/rouge")
    command("index", photos / "val", "--out", "val.index")
    indices = ("--data.train_index", "train.index", "--data.val_index", "val.index")
    message = refused("train", "--recipe", "resnet_rs_50_i160_laptop", *tiny, *indices)
    assert message.startswith("val.index: has other classes (blue, rouge) than the training samples or the model")


def test_a_full_disk_is_named_and_leaves_no_half_checkpoint(refused, tiny, tmp_path):
    # A run directory that is there already, whose next checkpoint goes to a device that is always full.
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    (tmp_path / f"run/checkpoints/.step_00000004.pt.{os.getpid()}.partial").symlink_to("/dev/full")
    write_config(parse(list(tiny)), tmp_path / "run")
    message = refused("train", "--resume", tmp_path / "run")
    assert "step_00000004.pt: No space left on device" in message
    assert list((tmp_path / "run/checkpoints").iterdir()) == []


def test_a_directory_in_use_is_left_alone(refused, digits_run, tiny):
    before = sorted(digits_run.rglob("*"))
    assert f"is not empty; continue that run with --resume {digits_run}" in refused(
        "train", *tiny, "--run.directory", digits_run
    )
    assert sorted(digits_run.rglob("*")) == before


def test_images_too_small_for_the_network_begin_no_run(refused, tiny, tmp_path):
    assert "resolution" in refused("train", *tiny, "--resolution", "2", "--run.directory", "run")
    assert leaves_nothing(tmp_path)


def test_resuming_takes_no_settings(refused, digits_run):
    for other in (("--epochs=3",), ("--model", "resnet_18"), ("--config", "x.yaml"), ("--data.root", "photos")):
        assert "--resume takes every setting from" in refused("train", f"--resume={digits_run}", *other)
    assert "config.yaml is missing" in refused("train", "--resume", ".")


def test_a_config_edited_wrongly_is_refused_on_resuming(refused, digits_run, tmp_path):
    run = shutil.copytree(digits_run, tmp_path / "run")
    text = (run / "config.yaml").read_text()
    for wrong, complaint in (("epochs: abc", "epochs='abc': give a number"), ("epoch: 1", "did you mean 'epochs'?")):
        (run / "config.yaml").write_text(text.replace("epochs: 0.08", wrong, 1))
        assert complaint in refused("train", "--resume", run)


def test_a_checkpoint_that_would_run_code_is_refused_on_resuming(refused, digits_run, tmp_path):
    run = shutil.copytree(digits_run, tmp_path / "run")
    (checkpoint,) = (run / "checkpoints").iterdir()
    torch.save(load_checkpoint(checkpoint) | {"extra": Touch(tmp_path / "touched")}, checkpoint)
    assert "refused, because it holds more than tensors" in refused("train", "--resume", run)
    assert not (tmp_path / "touched").exists()


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_too_little_memory_is_one_line_with_advice(refused, monkeypatch, tiny):
    def train(config):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    monkeypatch.setattr(loop, "train", train)
    assert refused("train", *tiny).startswith("out of device memory; lower run.micro_batch_size (CUDA out of memory.")

"""SimCLR on rs-core's loop: what a run leaves, exact resume, who can use the result, clear refusals."""

import dataclasses
import json

import pytest
import torch
from PIL import Image

from rs_core import load_pretrained
from rs_core.data.preprocessing import prepare_image
from rs_core.errors import UserError
from rs_core.recipes import get_recipe
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.config import DataConfig, RunConfig, train_config
from rs_core.train.loop import resume, train
from rs_core.train.metrics import read_metrics
from rs_transfer.simclr.config import SimCLRTrainConfig
from rs_transfer.simclr.task import SimCLR, preprocessing

CPU = torch.device("cpu")


def with_run(config, **changes):
    return dataclasses.replace(config, run=dataclasses.replace(config.run, **changes))


def with_data(config, **changes):
    return dataclasses.replace(config, data=dataclasses.replace(config.data, **changes))


def losses(directory):
    return {row["step"]: row["train/loss"] for row in read_metrics(directory) if "train/loss" in row}


def tensors(state):
    """All tensors of a nested state, in order."""
    for value in state.values():
        if isinstance(value, dict):
            yield from tensors(value)
        elif isinstance(value, torch.Tensor):
            yield value


@pytest.fixture
def folder(tmp_path):
    """An image folder with one class to train on and another held out."""
    for split, name, count in (("train", "cat", 20), ("val", "dog", 5)):
        for number in range(count):
            path = tmp_path / f"folder/{split}/{name}/{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20 + number, 24), (10 * number, 100, 200 - number)).save(path)
    return tmp_path / "folder"


def test_a_run_leaves_a_backbone_without_classes_and_the_figures_of_the_contrast(tiny_config):
    directory = train(tiny_config)
    result = json.loads((directory / "result.json").read_text())
    assert result["steps"] == 6
    assert result["images_seen"] == 6 * 16 * 2
    assert result["val/num_images"] == 168
    assert 0 <= result["val/contrastive_top1"] <= 100
    trained = load_pretrained(directory)
    assert trained.class_names == ()
    assert trained.model.config.num_classes == 0
    assert trained.preprocessing.mean == (0, 0, 0)
    assert trained.preprocessing.std == (1, 1, 1)
    pixels = prepare_image(Image.new("RGB", (40, 30), (255, 0, 127)), trained.preprocessing)
    assert pixels.min() == 0
    assert pixels.max() == 1
    assert trained.model(pixels[None]).shape == (1, trained.model.num_features)


def test_small_images_are_used_whole_and_large_ones_by_their_middle():
    assert preprocessing(32).crop_fraction == 1
    assert preprocessing(224).crop_fraction == 0.875


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(
    tiny_config, tmp_path, monkeypatch, num_workers, stop_after
):
    whole = train(with_run(tiny_config, directory=str(tmp_path / "whole")))
    with monkeypatch.context() as patched:
        stop_after(3, patched)
        broken = train(with_data(tiny_config, num_workers=num_workers))
    assert set(losses(broken)) == {1, 2, 3}
    resume(broken, SimCLRTrainConfig)
    assert losses(broken) == losses(whole)
    one, other = (load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, broken))
    for part in ("model", "ema", "optimizer"):
        assert all(map(torch.equal, tensors(one[part]), tensors(other[part])))


def test_supervised_training_starts_from_the_backbone(tiny_config, tmp_path, capsys):
    directory = train(tiny_config)
    recipe = dataclasses.replace(get_recipe("resnet_rs_50_i160_laptop"), model=tiny_config.model, resolution=16)
    recipe = dataclasses.replace(recipe, epochs=0.05, batch_size=16)
    run = RunConfig(directory=str(tmp_path / "after"), device="cpu", precision="float32", compile="off")
    config = train_config(recipe, DataConfig(num_workers=0), run)
    after = train(dataclasses.replace(config, initial_weights=str(directory)))
    assert f"starts from {directory}; the classifier starts anew" in capsys.readouterr().out
    assert load_pretrained(after).model.config.num_classes == 10


def test_the_held_out_loss_depends_on_the_weights_alone(tiny_config):
    task = SimCLR(tiny_config, CPU)
    network = tiny_config.build_network().eval()
    figures = task.evaluate(network)
    again = SimCLR(dataclasses.replace(tiny_config, batch_size=32), CPU).evaluate(network)
    assert figures == again
    assert figures["val/num_skipped"] == 0


def test_a_step_sees_two_views_of_every_image(tiny_config):
    task = SimCLR(tiny_config, CPU)
    batch = next(task.batches([range(16)]))
    assert batch.images.shape == (32, 3, 16, 16)
    seen = []
    network = tiny_config.build_network()
    network.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    loss, measured = task.loss(network, batch, torch.Generator().manual_seed(0))
    assert seen[0].shape == (32, 3, 16, 16)
    assert 0 <= seen[0].min() <= seen[0].max() <= 1
    assert loss.isfinite()
    assert set(measured) == {"train/contrastive_top1"}


def test_the_classes_of_a_folder_play_no_part(tiny_config, folder):
    directory = train(with_data(tiny_config, root=str(folder)))
    assert json.loads((directory / "result.json").read_text())["val/num_images"] == 5


def test_an_image_that_cannot_be_read_is_counted_once_for_each_view(tiny_config, folder, capsys):
    (folder / "val/dog/2.png").write_bytes(b"no image")
    figures = SimCLR(with_data(tiny_config, root=str(folder)), CPU).evaluate(tiny_config.build_network().eval())
    assert figures["val/num_skipped"] == 2
    assert "left out of the evaluation: " in capsys.readouterr().err


def test_a_batch_is_not_taken_in_parts(tiny_config):
    assert tiny_config.num_parts(num_ranks=2) == 2
    small = with_run(tiny_config, micro_batch_size=16)
    with pytest.raises(UserError, match=r"run\.micro_batch_size=16: SimCLR compares all views .* give at least 32"):
        small.num_parts(num_ranks=1)
    assert small.num_parts(num_ranks=2) == 2


def test_a_batch_of_more_images_than_there_are_is_refused(tiny_config, folder):
    config = dataclasses.replace(with_data(tiny_config, root=str(folder)), batch_size=32)
    with pytest.raises(UserError, match="batch_size=32: the 20 training images would be compared with themselves"):
        SimCLR(config, CPU)


def test_a_start_from_weights_is_refused(tiny_config):
    with pytest.raises(UserError, match="SimCLR starts from random weights"):
        dataclasses.replace(tiny_config, initial_weights="somewhere")


def test_images_that_are_not_rgb_are_refused(tiny_config):
    with pytest.raises(UserError, match=r"model\.in_channels=1: images are read as RGB"):
        dataclasses.replace(tiny_config, model=dataclasses.replace(tiny_config.model, in_channels=1))

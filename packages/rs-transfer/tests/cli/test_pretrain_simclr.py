"""``rs-transfer pretrain-simclr``: runs, the laptop form on digits and what it learns, refusals."""

import json

import numpy as np
import pytest
import torch

from rs_core import load_pretrained
from rs_core.data.loader import eval_batches
from rs_core.data.preprocessing import normalize
from rs_transfer.digits import TARGET, index_some_digits

TINY = (
    *("--model.width_multiplier", "0.125", "--resolution", "16", "--epochs", "0.13", "--batch_size", "16"),
    *("--schedule.warmup_epochs", "0.05", "--run.log_every", "1", "--data.num_workers", "0"),
    *("--run.device", "cpu", "--run.precision", "float32", "--run.compile", "off"),
)


def test_a_run_ends_with_its_directory_and_says_what_it_does(command, tmp_path):
    outcome = command("pretrain-simclr", *TINY, "--run.directory", "simclr")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: simclr"
    assert "two views of each image; the built-in digits 0 to 4" in outcome.out
    assert "contrastive top-1" in outcome.out
    assert "classify --weights simclr" in outcome.out
    report = (tmp_path / "simclr/report.md").read_text()
    assert "rs-transfer pretrain-simclr --config config.yaml" in report
    assert "classify knn --weights simclr" in report


def test_the_config_of_a_run_repeats_it(command, tmp_path):
    command("pretrain-simclr", *TINY, "--run.directory", "one")
    command("pretrain-simclr", "--config", "one/config.yaml", "--run.directory", "two")
    results = [json.loads((tmp_path / run / "result.json").read_text()) for run in ("one", "two")]
    assert results[0]["val/loss"] == results[1]["val/loss"]


def test_a_finished_run_can_be_resumed(command):
    command("pretrain-simclr", *TINY, "--run.directory", "simclr")
    outcome = command("pretrain-simclr", "--resume", "simclr")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "run: simclr"


def test_another_network_takes_the_recipe(command, tmp_path):
    outcome = command("pretrain-simclr", *TINY, "--model", "resnet_18", "--run.directory", "simclr")
    assert outcome.code == 0, outcome.err
    assert "resnet_18_by_simclr_v2_resnet_50_laptop" in outcome.out
    config = load_pretrained(tmp_path / "simclr").model.config
    assert (config.block, config.stem, config.num_classes) == ("basic", "small", 0)


def test_a_batch_in_parts_is_refused(refused):
    message = refused("pretrain-simclr", *TINY, "--run.directory", "simclr", "--run.micro_batch_size", 16)
    assert "cannot take it in parts; give at least 32" in message


def test_unknown_settings_are_refused_with_the_nearest(refused):
    message = refused("pretrain-simclr", "--views.strenght", 1)
    assert "--views.strength" in message
    assert "rs-transfer pretrain-simclr --help" in message


def test_a_folder_that_is_not_there_is_refused(refused):
    assert "nowhere: no such folder" in refused("pretrain-simclr", "--data.root", "nowhere")


@torch.inference_mode()
def features_of(pretrained, split):
    """Features and labels of the digits 5 to 9, none of which was trained on."""
    index = index_some_digits(split, TARGET)
    preprocessing = pretrained.preprocessing
    batches = eval_batches(index, rows=range(len(index)), preprocessing=preprocessing, batch_size=256, num_workers=0)
    features = [pretrained.model(normalize(b.images, preprocessing.mean, preprocessing.std)) for b in batches]
    return torch.nn.functional.normalize(torch.cat(features)).numpy(), index.labels


def nearest_neighbours(known, labels, asked, k=5):
    """The commonest label among the k known features that are nearest by cosine."""
    nearest = np.argsort(-(asked @ known.T), axis=1)[:, :k]
    return np.array([np.bincount(votes).argmax() for votes in labels[nearest]])


def knn_accuracy(pretrained):
    known, labels = features_of(pretrained, "train")
    asked, truth = features_of(pretrained, "val")
    return 100 * (nearest_neighbours(known, labels, asked) == truth).mean()


@pytest.mark.slow
def test_what_is_learned_from_digits_0_to_4_tells_5_to_9_apart(command, tmp_path):
    outcome = command("pretrain-simclr", "--run.directory", "simclr", "--run.device", "cpu")
    assert outcome.code == 0, outcome.err
    trained = load_pretrained(tmp_path / "simclr")
    learned = knn_accuracy(trained)
    torch.manual_seed(0)
    trained.model.reset_parameters()
    random = knn_accuracy(trained)
    assert learned > 80
    assert learned > random + 30

"""Learning, not only running: a starting point beats random weights on few labels, and CIFAR-100 is learned."""

import json
from dataclasses import replace
from statistics import mean

import pytest

from rs_core.train.config import RunConfig
from rs_core.train.loop import train
from rs_transfer.classify.config import ClassifyDataConfig
from rs_transfer.classify.probe import KnnConfig, LinearConfig, ProbeRunConfig, probe_knn, probe_linear
from rs_transfer.classify.protocol import classify_config
from rs_transfer.classify.run import fine_tune_classifier
from rs_transfer.recipes import get_transfer_recipe
from rs_transfer.recipes.config import pretrain_config

pytestmark = pytest.mark.slow

SEEDS = (0, 1)


@pytest.fixture(scope="module")
def starting_point(tmp_path_factory):
    """A network trained on the digits 0 to 4 by the laptop form of the paper's subset."""
    directory = tmp_path_factory.mktemp("starting-point") / "run"
    run = RunConfig(directory=str(directory), device="cpu", evaluate_every=5)
    train(pretrain_config(get_transfer_recipe("resnet_50_transfer_laptop"), run=run))
    return str(directory)


def top1(directory):
    return json.loads((directory / "result.json").read_text())["test/top1"]


def fine_tuned(weights, seed, directory):
    return top1(fine_tune_classifier(classify_config(weights, "", seed, str(directory))))


def test_a_starting_point_beats_random_weights_when_fine_tuned_on_five_labels_a_digit(starting_point, tmp_path):
    random = [fine_tuned("", seed, tmp_path / f"random-{seed}") for seed in SEEDS]
    started = [fine_tuned(starting_point, seed, tmp_path / f"started-{seed}") for seed in SEEDS]
    assert mean(started) >= mean(random) + 4, (random, started)
    assert mean(started) >= 75


def probed(probe, config, weights, seed, directory):
    run = ProbeRunConfig(directory=str(directory), device="cpu", seed=seed)
    return top1(probe(replace(config, weights=weights, run=run)))


@pytest.mark.parametrize(
    ("probe", "config"), [(probe_linear, LinearConfig(l2=(1e-4, 1e-3, 1e-2, 1e-1))), (probe_knn, KnnConfig())]
)
def test_the_features_of_a_starting_point_beat_those_of_random_weights(starting_point, tmp_path, probe, config):
    config = replace(config, data=ClassifyDataConfig(labels_per_class=20))
    random = [probed(probe, config, "", seed, tmp_path / f"random-{seed}") for seed in SEEDS]
    started = [probed(probe, config, starting_point, seed, tmp_path / f"started-{seed}") for seed in SEEDS]
    assert mean(started) >= mean(random) + 5, (random, started)


def test_a_short_run_learns_fine_classes_of_cifar_100(shared, tmp_path):
    config = classify_config("", str(shared / "data/cifar100_sample"), 0, str(tmp_path / "run"))
    config = replace(config, steps=200, batch_size=50, horizontal_flip=0.5)
    # One in a hundred is chance.
    assert top1(fine_tune_classifier(config)) >= 3

"""Probes of a network as it is: chosen on the split, judged once by the test images, the network left alone."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from rs_core.errors import UserError
from rs_transfer.classify import probe
from rs_transfer.classify.config import ClassifyDataConfig
from rs_transfer.classify.probe import KnnConfig, LinearConfig, ProbeRunConfig, probe_knn, probe_linear

STRENGTHS = (1e-3, 1e-1, 10.0)


def silent(_line):
    pass


def result_of(directory):
    return json.loads((directory / "result.json").read_text())


@pytest.fixture
def run(tmp_path):
    return ProbeRunConfig(directory=str(tmp_path / "probe"), device="cpu", precision="float32")


@pytest.fixture
def opened(monkeypatch):
    """What is extracted, in order: how many images, and how many fits there were before."""
    events, extract, fit = [], probe.extract_features, probe.fit

    def note_features(model, index, *others):
        events.append(len(index))
        return extract(model, index, *others)

    def note_fit(*arguments, **named):
        events.append("fit")
        return fit(*arguments, **named)

    monkeypatch.setattr(probe, "extract_features", note_features)
    monkeypatch.setattr(probe, "fit", note_fit)
    return events


def test_the_linear_probe_is_scikit_learn_on_the_features(tiny, write_weights, run):
    config = LinearConfig(weights=write_weights(), l2=(1e-2,), data=ClassifyDataConfig(labels_per_class=20), run=run)
    result = result_of(probe_linear(config, silent))
    other = replace(config, run=replace(run, directory=f"{run.directory}-other"))
    network, labelled, _ = probe.begin(other, silent)
    train = network.features(labelled)
    test = network.features(probe.open_test(config.data, labelled.class_names))
    theirs = LogisticRegression(C=1 / (1e-2 * len(labelled)), max_iter=10_000, tol=1e-10)
    theirs.fit(train.values.double().numpy(), train.labels.numpy())
    expected = 100 * theirs.score(test.values.double().numpy(), test.labels.numpy())
    assert result["test/top1"] == pytest.approx(expected)
    assert result["test/num_images"] == 191


def test_the_strength_is_chosen_before_the_test_images_are_opened(run, opened):
    config = LinearConfig(l2=STRENGTHS, data=ClassifyDataConfig(labels_per_class=10), run=run)
    result = result_of(probe_linear(config, silent))
    assert opened == [50, "fit", 191]
    assert [row["l2"] for row in result["table"]] == sorted(STRENGTHS, reverse=True)
    best = max(result["table"], key=lambda row: (row["val/top1"], -row["val/loss"]))
    assert result["chosen/l2"] == best["l2"]


def test_neighbours_are_labelled_images_alone(run, opened):
    result = result_of(probe_knn(KnnConfig(run=run), silent))
    assert opened == [25, 191]
    assert result["k"] == 25
    assert 0 <= result["test/top1"] <= 100


def test_the_seed_makes_random_weights_and_a_probe_repeats(tmp_path, run):
    seeds = {"one": 0, "again": 0, "other": 1}
    configs = {
        name: KnnConfig(run=replace(run, directory=str(tmp_path / name), seed=seed)) for name, seed in seeds.items()
    }
    features = {}
    for name, config in configs.items():
        network, labelled, _ = probe.begin(config, silent)
        features[name] = network.features(labelled).values
    assert torch.equal(features["one"], features["again"])
    assert not torch.equal(features["one"], features["other"])


def test_cifar_100_and_unreadable_images_of_folders_are_probed(write_cifar, photos, run, tmp_path, write_weights):
    weights = write_weights()
    cifar = KnnConfig(weights=weights, data=ClassifyDataConfig(root=str(write_cifar()), num_workers=0), run=run)
    assert result_of(probe_knn(cifar, silent))["test/num_images"] == 100
    (photos / "train/blue/0.png").write_bytes(b"no image")
    (photos / "val/red/0.png").write_bytes(b"no image")
    data = ClassifyDataConfig(root=str(photos), num_workers=0, split_share=0.34)
    linear = LinearConfig(
        weights=weights, data=data, l2=STRENGTHS, run=replace(run, directory=str(tmp_path / "photos-run"))
    )
    result = result_of(probe_linear(linear, silent))
    assert result["test/num_images"] == 5
    assert result["test/top1"] == 100


def test_what_cannot_be_had_leaves_no_directory(run, photos, tmp_path):
    with pytest.raises(UserError, match="no such file"):
        probe_knn(KnnConfig(weights="nowhere.pth", run=run), silent)
    (photos / "val").rename(photos / "test")
    with pytest.raises(UserError, match="has no folder val/"):
        probe_knn(KnnConfig(data=ClassifyDataConfig(root=str(photos)), run=run), silent)
    assert not (tmp_path / "probe").exists()


def test_strengths_are_the_published_ones():
    strengths = LinearConfig().l2
    assert len(strengths) == 45
    assert np.allclose(np.diff(np.log10(strengths)), 11 / 44)
    assert (strengths[0], strengths[-1]) == pytest.approx((1e-6, 1e5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearConfig(l2=()), r"l2=\[\]"),
        (lambda: LinearConfig(l2=(0.0,)), r"l2=\[0\.0\]"),
        (lambda: KnnConfig(k=0), "k=0"),
        (lambda: KnnConfig(temperature=0.0), r"temperature=0\.0"),
        (lambda: ProbeRunConfig(seed=-1), "seed=-1"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()

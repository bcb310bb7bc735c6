"""Judging a network by its features as they are, without training it: by a linear classifier, or by neighbours."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rs_core.atomic import write_text_atomically
from rs_core.data.index import SampleIndex
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork, build_model
from rs_core.recipes.recipe import refuse_negative
from rs_core.train.classify import is_built_in, num_workers
from rs_core.train.precision import Machine, Precision, resolve_machine
from rs_core.train.run import RESULT, create_directory, write_config
from rs_transfer.classify.config import ClassifyDataConfig
from rs_transfer.classify.features import Features, extract_features
from rs_transfer.classify.knn import knn_scores
from rs_transfer.classify.linear import best, fit, top1, try_strengths
from rs_transfer.classify.protocol import LAPTOP, get_protocol
from rs_transfer.classify.rows import Rows, draw_split
from rs_transfer.classify.samples import open_labelled, open_test, refuse_missing_test
from rs_transfer.classify.start import load_starting_point

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ProbeRunConfig:
    """How a probe uses the machine and where its results go.

    Args:
        directory: where they go; empty for ``runs/<name>-<date>-<time>``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        precision: of the network; ``auto`` is bfloat16 where the device computes in it, else float32.
        seed: of the split, of the choice of labelled images, and of random weights.
    """

    directory: str = ""
    device: str = "auto"
    precision: Precision = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        refuse_negative(self, "seed")


@dataclass(frozen=True, kw_only=True)
class ProbeConfig:
    """A network whose features are judged, and the images for it.

    Args:
        weights: the network: a run, a file or the name of published weights; empty for random weights.
        data: where the images are.
        run: how the machine is used.
    """

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str]

    weights: str = ""
    data: ClassifyDataConfig = field(default_factory=ClassifyDataConfig)
    run: ProbeRunConfig = field(default_factory=ProbeRunConfig)

    @property
    def recipe(self) -> str:
        """A name for the run."""
        return self.command.rpartition(" ")[2]


@dataclass(frozen=True, kw_only=True)
class LinearConfig(ProbeConfig):
    """Logistic regression on the features.

    Args:
        l2: strengths of regularisation that are tried on the split.
    """

    command: ClassVar[str] = "classify linear"

    l2: tuple[float, ...] = tuple(np.logspace(-6, 5, 45).tolist())

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not self.l2 or not all(strength > 0 for strength in self.l2):
            raise UserError(f"l2={list(self.l2)}: give numbers above 0")


@dataclass(frozen=True, kw_only=True)
class KnnConfig(ProbeConfig):
    """Votes of the most similar training images.

    Args:
        k: how many vote; of fewer training images all do.
        temperature: a vote weighs exp(cosine / temperature).
    """

    command: ClassVar[str] = "classify knn"

    k: int = 200
    temperature: float = 0.07

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if self.k < 1:
            raise UserError(f"k={self.k}: give at least 1")
        if not self.temperature >= 0.02:
            raise UserError(f"temperature={self.temperature}: give at least 0.02; float32 has no exp(1 / 0.01)")


class Network(NamedTuple):
    """A network in eval mode on the device, its input, and how to feed it."""

    model: ResidualNetwork
    preprocessing: Preprocessing
    machine: Machine
    num_workers: int

    def features(self, index: SampleIndex) -> Features:
        """Extract the features of every image of an index."""
        return extract_features(self.model, index, self.preprocessing, self.machine, self.num_workers)


def probe_linear(config: LinearConfig, say: Say = print) -> Path:
    """Choose the regularisation on the split, fit all labelled images, judge by the test images; give the directory.

    ``result.json`` has ``test/top1`` in per cent, ``chosen/l2``, and ``table``: what the split says of each strength.

    Raises:
        UserError: weights or images that cannot be had, or a directory in use.
    """
    started = time.monotonic()
    network, labelled, directory = begin(config, say)
    features = network.features(labelled)
    rows, held_out = draw_split(labelled, config.data.split_share, config.run.seed)
    learned, judged = (pair(features, chosen) for chosen in (rows, held_out))
    num_classes = len(labelled.class_names)
    table = try_strengths(learned, judged, num_classes, config.l2)
    chosen = best(table)
    say(f"chosen on the split: l2 {chosen.l2:g}, top-1 {chosen.top1:.2f} %")
    classifier = fit(*pair(features), num_classes, chosen.l2)

    test = network.features(open_test(config.data, labelled.class_names))
    values, labels = pair(test)
    accuracy = top1(classifier.scores(values), labels)
    rows_of_table = [{"l2": row.l2, "val/top1": row.top1, "val/loss": row.loss} for row in table]
    others = {"chosen/l2": chosen.l2, "table": rows_of_table}
    return finish(directory, accuracy, test, started, others, say)


def probe_knn(config: KnnConfig, say: Say = print) -> Path:
    """Let the labelled images vote for the class of each test image; give the directory, as ``probe_linear`` does.

    Raises:
        UserError: weights or images that cannot be had, or a directory in use.
    """
    started = time.monotonic()
    network, labelled, directory = begin(config, say)
    bank, bank_labels = pair(network.features(labelled))
    test = network.features(open_test(config.data, labelled.class_names))
    queries, labels = pair(test)
    num_classes = len(labelled.class_names)
    scores = knn_scores(bank, bank_labels, queries, num_classes, k=config.k, temperature=config.temperature)
    return finish(directory, top1(scores, labels), test, started, {"k": min(config.k, len(bank))}, say)


def begin(config: ProbeConfig, say: Say) -> tuple[Network, SampleIndex, Path]:
    """Load the network, open the labelled images, make the directory."""
    machine = resolve_machine(config.run.device, config.run.precision)
    model, preprocessing = load_network(config)
    labelled, in_words = open_labelled(config.data, config.run.seed)
    refuse_missing_test(config.data, labelled.class_names)
    directory = create_directory(config)
    write_config(replace(config, run=replace(config.run, directory=str(directory))), directory)
    model = model.eval().to(machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    say(f"{config.weights or 'random weights'}, {model.num_features} features of {len(labelled):,} images: {in_words}")
    network = Network(model, preprocessing, machine, num_workers(config.data, machine.device))
    return network, labelled, directory


def load_network(config: ProbeConfig) -> tuple[ResidualNetwork, Preprocessing]:
    """Load the network with its input, or make one of random weights."""
    if config.weights:
        pretrained, _ = load_starting_point(config.weights)
        decode = config.data.decode
        preprocessing = replace(pretrained.preprocessing, apply_exif_orientation=decode.apply_exif_orientation)
        return pretrained.model, preprocessing
    protocol = get_protocol(LAPTOP if is_built_in(config.data) else "from_random")
    torch.manual_seed(config.run.seed)
    return build_model(protocol.model), protocol.input


def pair(features: Features, rows: Rows | None = None) -> tuple[Tensor, Tensor]:
    """Give features, float64, and labels on the device: of all images, or of those of these rows of the index."""
    # In float32 a fit ends where its loss no longer changes, which is early enough to move a few images.
    values, labels = features.values.double(), features.labels.to(features.values.device)
    if rows is None:
        return values, labels
    here = torch.from_numpy(np.isin(features.rows.numpy(), rows)).to(labels.device)
    return values[here], labels[here]


def finish(
    directory: Path, accuracy: float, test: Features, started: float, others: Mapping[str, Any], say: Say
) -> Path:
    """Write ``result.json``, and give the directory."""
    result = {
        "test/top1": accuracy,
        "test/num_images": len(test.rows),
        "seconds": round(time.monotonic() - started, 3),
        **others,
    }
    write_text_atomically(directory / RESULT, json.dumps(result, indent=2) + "\n")
    say(f"test top-1 {accuracy:.2f} % of {len(test.rows):,} images")
    return directory

"""Short runs on real and on built-in pictures, beside what predicting the most frequent class would give."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rs_transfer.mm.run import fine_tune
from rs_transfer.scenes import CLASS_NAMES, write_scenes
from rs_transfer.segment.recipes import FCN_SCENES_ADE

VOID = 11


def run(config, directory):
    """Fine-tune on one core and give the figures."""
    config = replace(config, run=replace(config.run, directory=str(directory), device="cpu"))
    return json.loads((fine_tune(config) / "result.json").read_text())


def most_frequent_class(config) -> dict[str, float]:
    """Give the figures of a network that says the most frequent class everywhere; classes count from 1."""
    counts = [
        sum(np.bincount(np.asarray(Image.open(path)).ravel(), minlength=VOID + 1)[1:] for path in folder.iterdir())
        for folder in (Path(config.root) / "annotations/training", Path(config.root) / "annotations/validation")
    ]
    share = counts[1][counts[0].argmax()] / counts[1].sum()
    return {"test/pixel_accuracy": 100 * share, "test/miou": 100 * share / np.count_nonzero(counts[1])}


@pytest.fixture
def camvid(shared, tmp_path) -> Path:
    """CamVid as ADE20K would have it: 0 where nothing is labelled, classes from 1."""
    source, root = shared / "data/camvid", tmp_path / "camvid"
    for split in ("training", "validation"):
        (root / "images").mkdir(parents=True, exist_ok=True)
        (root / "images" / split).symlink_to(source / "images" / split)
        masks = root / "annotations" / split
        masks.mkdir(parents=True)
        for path in (source / "annotations" / split).iterdir():
            Image.fromarray((np.asarray(Image.open(path)) + 1) % (VOID + 1)).save(masks / path.name)
    return root


@pytest.mark.slow
def test_a_small_network_learns_to_segment_roads(shared, camvid, tmp_path):
    classes = (shared / "data/camvid/classes.txt").read_text().split()
    config = replace(
        FCN_SCENES_ADE,
        recipe="camvid",
        root=str(camvid),
        class_names=tuple(classes[:VOID]),
        short_edge_px=96,
        horizontal_flip=0.5,
        num_steps=150,
    )
    figures, floor = run(config, tmp_path / "run"), most_frequent_class(config)
    assert figures["test/miou"] > 4 * floor["test/miou"]
    assert figures["test/pixel_accuracy"] > floor["test/pixel_accuracy"] + 20


@pytest.mark.slow
def test_a_small_network_learns_to_segment_the_built_in_scenes(tmp_path):
    # From here on digits are told apart; the recipe goes on until a good start shows.
    config = replace(FCN_SCENES_ADE.on(write_scenes(tmp_path / "scenes", seed=0)), num_steps=400)
    figures, floor = run(config, tmp_path / "run"), most_frequent_class(config)
    assert figures["test/miou"] > 4 * floor["test/miou"]
    # Wall and ground are learnt at once, digits later.
    assert np.mean([figures[f"test/iou/{name}"] for name in CLASS_NAMES]) > 5

"""Short runs on real and on built-in pictures, beside what a constant depth would give."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rs_transfer.depth.recipes import TOP_DOWN_SCENES
from rs_transfer.mm.run import fine_tune
from rs_transfer.scenes import write_scenes

# Frames 0 to 525 of one walk, every 25th; the last ones are judged.
NUM_TRAIN = 16


def run(config, directory):
    """Fine-tune on one core and give the figures."""
    config = replace(config, run=replace(config.run, directory=str(directory), device="cpu"))
    return json.loads((fine_tune(config) / "result.json").read_text())


def mean_depth(root: Path) -> float:
    """Give delta 1, in per cent, of the mean training depth said everywhere."""
    depths = [
        [np.asarray(Image.open(path)) / 1000 for path in (root / "annotations" / split).iterdir()]
        for split in ("train", "test")
    ]
    measured = [[depth[(depth > 1e-3) & (depth < 10)] for depth in part] for part in depths]
    mean = np.concatenate(measured[0]).mean()
    return 100 * float(np.mean([(np.maximum(mean / depth, depth / mean) < 1.25).mean() for depth in measured[1]]))


@pytest.fixture
def kitchen(shared, tmp_path) -> Path:
    """A kitchen of 7-Scenes in the layout of NYU Depth v2."""
    root = tmp_path / "nyu"
    colours = sorted((shared / "data/rgbd_7scenes").glob("*.color.jpg"))
    for number, colour in enumerate(colours):
        split = "train" if number < NUM_TRAIN else "test"
        depth = colour.with_name(colour.name.replace("color.jpg", "depth.png"))
        for folder, source, name in (("images", colour, "jpg"), ("annotations", depth, "png")):
            target = root / folder / split / f"kitchen_{number:04}.{name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)
    return root


@pytest.mark.slow
def test_a_small_network_learns_the_depth_of_a_kitchen(kitchen, tmp_path):
    config = replace(TOP_DOWN_SCENES, recipe="kitchen", root=str(kitchen), eval_crop="eigen", num_steps=200)
    figures = run(config, tmp_path / "run")
    assert figures["test/delta1"] > mean_depth(kitchen) + 15


@pytest.mark.slow
def test_a_small_network_learns_the_depth_of_the_built_in_scenes(tmp_path):
    # From random weights it takes longer than the recipe, which is for comparisons in minutes.
    config = replace(TOP_DOWN_SCENES.on(write_scenes(tmp_path / "scenes", seed=0)), num_steps=200)
    figures = run(config, tmp_path / "run")
    assert figures["test/delta1"] > mean_depth(Path(config.root)) + 30

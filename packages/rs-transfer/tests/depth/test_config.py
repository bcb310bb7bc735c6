"""What a config of depth refuses, and what reaches the network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DATASETS, init_default_scope
from PIL import Image

from rs_core.errors import UserError
from rs_transfer.depth.recipes import RECIPES, TOP_DOWN_NYU, TOP_DOWN_SCENES
from rs_transfer.scenes import write_scenes


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope("mmseg")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth_scale": 0.0}, "depth_scale=0.0: give the metres of one unit, 0.001 for millimetres"),
        ({"max_depth_m": 0.0}, "max_depth_m=0.0: give a number of metres above 0, 10 for rooms"),
        ({"eval_crop": "garg"}, "eval_crop='garg': choose from ['eigen', 'none']"),
        ({"head_channels": 0}, "head_channels=0: give at least 1"),
        ({"l1_weight": -1.0}, "l1_weight=-1.0: give 0 or more"),
        ({"short_edge_px": 8}, "short_edge_px=8: give at least 32 pixels"),
        ({"horizontal_flip": -0.5}, "horizontal_flip=-0.5: give a probability"),
    ],
)
def test_what_is_out_of_range_is_refused(changes, message):
    with pytest.raises(UserError) as raised:
        replace(TOP_DOWN_NYU, **changes)
    assert str(raised.value) == message


def test_maps_are_in_metres_and_keep_their_size_for_judging(nyu):
    (sample,) = DATASETS.build(replace(nyu, short_edge_px=80).test_dataset())
    assert sample["inputs"].shape == (3, 80, 120)
    depth_m = sample["data_samples"].gt_depth_map.data
    assert depth_m.shape == (1, 40, 60)
    assert np.unique(depth_m).tolist() == pytest.approx([0, 1.0, 2.5, 65.535])


def test_a_training_map_is_resized_without_mixing_holes_into_depth(nyu):
    dataset = DATASETS.build(replace(nyu, short_edge_px=80, crop_px=80).train_dataset())
    for sample in dataset:
        depth_m = sample["data_samples"].gt_depth_map.data
        assert depth_m.shape == (1, 80, 80)
        assert set(np.unique(depth_m).tolist()) <= set(np.float32([0, 1.0, 2.5, 65.535]).tolist())


def test_a_mirrored_picture_has_its_map_mirrored_too(nyu):
    for path in Path(nyu.root).glob("annotations/train/*.png"):
        Image.fromarray(np.tile(np.arange(1000, 1060, dtype=np.uint16), (40, 1))).save(path)
    sample = DATASETS.build(replace(nyu, horizontal_flip=1.0, short_edge_px=40).train_dataset())[0]
    assert np.diff(sample["data_samples"].gt_depth_map.data[0, 0]).max() < 0


def test_pictures_of_nyu_are_taken_as_they_are():
    assert TOP_DOWN_NYU.resize["scale"][1] == 480
    assert (TOP_DOWN_NYU.eval_crop, TOP_DOWN_NYU.max_depth_m, TOP_DOWN_NYU.depth_scale) == ("eigen", 10.0, 0.001)
    # 50 epochs of 24,231 pictures.
    assert TOP_DOWN_NYU.num_steps * TOP_DOWN_NYU.batch_size / 24_231 == pytest.approx(50, rel=0.02)


def test_scenes_are_a_data_set_like_any_other(tmp_path):
    TOP_DOWN_SCENES.on(write_scenes(tmp_path / "scenes", seed=0)).check_data()


def test_recipes_are_known_by_their_names():
    assert all(name == config.recipe for name, config in RECIPES.items())

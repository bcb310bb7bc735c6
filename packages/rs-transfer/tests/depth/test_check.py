"""Damaged data sets with depth: one line that names the file and what to do."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rs_core.errors import UserError


def complaint(config):
    with pytest.raises(UserError) as raised:
        config.check_data()
    message = str(raised.value)
    assert "\n" not in message
    return message.replace(f"{config.root}/", "")


def maps(config):
    return sorted(Path(config.root).glob("annotations/*/*.png"))


def test_a_whole_data_set_passes_and_holes_are_no_fault(nyu):
    nyu.check_data()
    Image.fromarray(np.zeros((40, 60), np.uint16)).save(maps(nyu)[1])
    nyu.check_data()


def test_a_map_of_8_bits(nyu):
    Image.new("L", (60, 40), 200).save(maps(nyu)[0])
    assert complaint(nyu) == (
        "annotations/test/office_0003.png: a depth map in mode L; it must be a 16-bit grey PNG, such as of "
        "millimetres: 8 bits show depth, but do not measure it"
    )


def test_no_depth_at_all(nyu):
    for path in maps(nyu):
        Image.fromarray(np.resize(np.array([0, 65535], np.uint16), (40, 60))).save(path)
    assert complaint(nyu) == (
        "annotations/train/office_0001.png: holds 0 to 65535, so no depth between 0 and 10 m at depth_scale=0.001, nor "
        "have 1 others; give the metres of one unit as depth_scale, or mend the maps"
    )


def test_another_unit_is_no_depth_until_it_is_named(nyu):
    for path in maps(nyu):
        Image.fromarray(np.full((40, 60), 20_000, np.uint16)).save(path)
    assert "give the metres of one unit as depth_scale" in complaint(nyu)
    replace(nyu, depth_scale=1 / 5000).check_data()


def test_a_map_of_another_size(nyu):
    Image.fromarray(np.ones((20, 30), np.uint16)).save(Path(nyu.root) / "annotations/train/office_0002.png")
    assert complaint(nyu) == (
        "annotations/train/office_0002.png: 30x20 pixels, but images/train/office_0002.jpg has 60x40 pixels; make one "
        "of them anew, in the size of the other"
    )


def test_a_missing_map_and_a_missing_part(nyu):
    (Path(nyu.root) / "annotations/train/office_0002.png").unlink()
    assert complaint(nyu).startswith("annotations/train/office_0002.png: missing")
    shutil.rmtree(Path(nyu.root) / "images/test")
    shutil.rmtree(Path(nyu.root) / "images/train")
    assert complaint(nyu).startswith("images/train: there is no such folder")


def test_an_empty_picture(nyu):
    (Path(nyu.root) / "images/test/office_0003.jpg").write_bytes(b"")
    assert complaint(nyu) == "images/test/office_0003.jpg: empty; replace the file"


def test_real_frames_pass(shared, nyu):
    root = Path(nyu.root)
    for name in ("train", "test"):
        (root / f"images/{name}/bookstore_0001d_00001.jpg").symlink_to(
            shared / "data/nyu_depth_v2/mmseg_bookstore_0001d_00001_rgb.jpg"
        )
        (root / f"annotations/{name}/bookstore_0001d_00001.png").symlink_to(
            shared / "data/nyu_depth_v2/mmseg_bookstore_0001d_00001_depth.png"
        )
    nyu.check_data()


def test_the_eigen_crop_is_refused_before_training_on_pictures_that_it_is_not_for(nyu):
    assert complaint(replace(nyu, eval_crop="eigen")) == (
        "annotations/test/office_0003.png: 60x40 pixels, but eval_crop=eigen is for 640x480; set eval_crop=none"
    )

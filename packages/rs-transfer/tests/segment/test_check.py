"""Damaged data sets: one line that names the file and what to do."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rs_core.errors import UserError
from rs_transfer.segment.recipes import FCN_ADE, FCN_VOC


def complaint(config):
    with pytest.raises(UserError) as raised:
        config.check_data()
    message = str(raised.value)
    assert "\n" not in message
    return message.replace(f"{Path(config.root).parent}/", "")


def save(path, values):
    Image.fromarray(np.resize(np.array(values, np.uint8), (40, 60))).save(path)


def test_whole_data_sets_pass(voc, ade):
    voc.check_data()
    ade.check_data()


@pytest.mark.parametrize("part", ["JPEGImages", "SegmentationClass", "ImageSets"])
def test_a_missing_part_of_the_devkit_is_named(voc, part):
    year = Path(voc.root) / "VOC2012"
    shutil.rmtree(year / part)
    missing = f"VOCdevkit/VOC2012/{part}" + ("/Segmentation/train.txt" if part == "ImageSets" else "")
    assert complaint(voc) == f"{missing}: missing; give the VOCdevkit folder as root, with the whole year in it"


def test_the_extra_masks_are_asked_for_when_they_are_wanted(voc):
    message = complaint(replace(voc, with_aug=True))
    assert message.startswith("VOCdevkit/VOC2012/ImageSets/Segmentation/aug.txt: missing")


def test_a_list_that_names_what_is_not_there(voc):
    (Path(voc.root) / "VOC2012/ImageSets/Segmentation/train.txt").write_text("a\nz\n")
    assert complaint(voc) == (
        "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt: names z, but there is no "
        "VOCdevkit/VOC2012/JPEGImages/z.jpg; restore it or take the name out"
    )


def test_an_empty_list(voc):
    (Path(voc.root) / "VOC2012/ImageSets/Segmentation/val.txt").write_text("\n")
    assert "val.txt: names no picture" in complaint(voc)


def test_a_mask_of_another_size(ade):
    mask = Path(ade.root) / "annotations/training/b.png"
    Image.new("L", (30, 20)).save(mask)
    assert complaint(ade) == (
        "ADEChallengeData2016/annotations/training/b.png: 30x20 pixels, but "
        "ADEChallengeData2016/images/training/b.jpg has 60x40 pixels; make one of them anew, in the size of the other"
    )


def test_a_class_beyond_the_names(ade, voc):
    save(Path(ade.root) / "annotations/validation/c.png", [0, 1, 4])
    assert complaint(ade) == (
        "ADEChallengeData2016/annotations/validation/c.png: holds 4, but the 3 classes are 1 to 3, and 0 and 255 "
        "counts for nothing; name all classes in class_names, or mend the mask"
    )
    save(Path(voc.root) / "VOC2012/SegmentationClass/a.png", [0, 3])
    assert "a.png: holds 3, but the 3 classes are 0 to 2, and 255 counts for nothing" in complaint(voc)


def test_a_mask_in_colours(voc):
    Image.new("RGB", (60, 40)).save(Path(voc.root) / "VOC2012/SegmentationClass/b.png")
    assert "b.png: a mask in mode RGB; class masks hold the number of a class" in complaint(voc)


def test_an_empty_file_and_one_that_is_no_image(ade):
    image = Path(ade.root) / "images/training/a.jpg"
    image.write_bytes(b"")
    assert complaint(ade) == "ADEChallengeData2016/images/training/a.jpg: empty; replace the file"
    image.write_text("not an image")
    assert complaint(ade) == "ADEChallengeData2016/images/training/a.jpg: not readable as an image; replace the file"


def test_a_truncated_picture(ade):
    image = Path(ade.root) / "images/training/a.jpg"
    whole = image.read_bytes()
    for rest in (whole[:200], whole[:-40]):
        image.write_bytes(rest)
        assert "a.jpg: truncated or damaged" in complaint(ade)


def test_a_picture_without_its_mask(ade):
    (Path(ade.root) / "annotations/training/b.png").unlink()
    assert complaint(ade) == (
        "ADEChallengeData2016/annotations/training/b.png: missing; every picture needs its map and every map its "
        "picture"
    )


def test_a_folder_that_is_not_there_or_has_no_pictures(ade):
    shutil.rmtree(Path(ade.root) / "annotations/training")
    assert "annotations/training: there is no such folder" in complaint(ade)
    (Path(ade.root) / "annotations/training").mkdir()
    for image in (Path(ade.root) / "images/training").iterdir():
        image.unlink()
    assert "images/training: holds no .jpg" in complaint(ade)


def test_real_pictures_of_ade_pass(shared):
    replace(FCN_ADE, root=str(shared / "data/ade20k")).check_data()


def test_real_pictures_of_voc_pass_once_they_have_lists(shared, tmp_path):
    source = shared / "data/voc_seg_real/VOCdevkit/VOC2012"
    year = tmp_path / "VOC2012"
    lists = year / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    for part in ("JPEGImages", "SegmentationClass"):
        (year / part).symlink_to(source / part)
    names = (source / "ImageSets/Segmentation/trainval.txt").read_text()
    for split in ("train", "val"):
        (lists / f"{split}.txt").write_text(names)
    replace(FCN_VOC, root=str(tmp_path), with_aug=False).check_data()

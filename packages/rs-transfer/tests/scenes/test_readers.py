"""The written scenes as readers that are not ours see them, beside what was composed."""

import numpy as np
import pytest
from mmdet.datasets import VOCDataset
from mmseg.datasets import BaseSegDataset, NYUDataset
from PIL import Image
from torchvision.datasets import VOCDetection, VOCSegmentation

from rs_transfer.scenes import CLASS_NAMES
from rs_transfer.scenes.ade import ALL_CLASSES

BOX = ("xmin", "ymin", "xmax", "ymax")
LISTS = ("2007 trainval", "2007 test", "2012 train", "2012 val")


@pytest.mark.parametrize("which", LISTS)
def test_torchvision_reads_the_boxes_that_were_composed(scenes, composed, which):
    year, split = which.split()
    dataset = VOCDetection(str(scenes.voc.parent), year=year, image_set=split)
    assert len(dataset) == len(composed[which])
    for (image, target), (name, scene) in zip(dataset, composed[which], strict=True):
        annotation = target["annotation"]
        assert annotation["filename"] == f"{name}.jpg"
        assert image.size == (int(annotation["size"]["width"]), int(annotation["size"]["height"])) == (96, 96)
        assert len(annotation["object"]) == len(scene.digits)
        for found, digit in zip(annotation["object"], scene.digits, strict=True):
            assert found["name"] == CLASS_NAMES[digit.label]
            # VOC counts from 1 and includes the last pixel.
            assert [int(found["bndbox"][key]) - 1 for key in BOX] == list(digit.box)
            assert (found["truncated"], found["difficult"]) == (str(int(digit.truncated)), str(int(digit.difficult)))


@pytest.mark.parametrize("which", LISTS)
def test_torchvision_reads_the_masks_that_were_composed(scenes, composed, which):
    year, split = which.split()
    dataset = VOCSegmentation(str(scenes.voc.parent), year=year, image_set=split)
    for (image, mask), (_, scene) in zip(dataset, composed[which], strict=True):
        assert mask.mode == "P"
        classes = np.asarray(mask)
        assert classes.shape == np.asarray(image).shape[:2]
        contours = classes == 255
        assert np.array_equal(contours, scene.contours())
        for digit in scene.digits:
            assert (classes[(scene.numbers == digit.number) & ~contours] == digit.label + 1).all()
        assert (classes[(scene.numbers == 0) & ~contours] == 0).all()
        # The colours of class 1 and of contours in the development kit.
        assert mask.convert("RGB").getpixel(first_pixel(contours)) == (224, 224, 192)
        if (classes == 1).any():
            assert mask.convert("RGB").getpixel(first_pixel(classes == 1)) == (128, 0, 0)


def first_pixel(where):
    row, column = np.argwhere(where)[0]
    return int(column), int(row)


def test_trainval_is_train_and_val(scenes):
    lists = scenes.voc / "VOC2012/ImageSets"
    for purpose in ("Main", "Segmentation"):
        names = {
            split: (lists / purpose / f"{split}.txt").read_text().split() for split in ("train", "val", "trainval")
        }
        assert names["trainval"] == names["train"] + names["val"]
        assert len(set(names["trainval"])) == 10


def test_mmdet_reads_the_boxes_that_were_composed(scenes, composed):
    dataset = VOCDataset(
        data_root=str(scenes.voc),
        ann_file="VOC2007/ImageSets/Main/test.txt",
        data_prefix={"sub_data_root": "VOC2007/"},
        metainfo={"classes": CLASS_NAMES},
        test_mode=True,
    )
    assert len(dataset) == len(composed["2007 test"])
    for row, (name, scene) in enumerate(composed["2007 test"]):
        info = dataset.get_data_info(row)
        assert (info["img_id"], info["width"], info["height"]) == (name, 96, 96)
        found = [(each["bbox_label"], tuple(each["bbox"]), each["ignore_flag"]) for each in info["instances"]]
        assert found == [(digit.label, digit.box, int(digit.difficult)) for digit in scene.digits]


def test_mmseg_reads_the_classes_of_ade_that_were_composed(scenes, composed):
    dataset = BaseSegDataset(
        data_root=str(scenes.ade),
        data_prefix={"img_path": "images/validation", "seg_map_path": "annotations/validation"},
        reduce_zero_label=True,
        metainfo={"classes": ALL_CLASSES},
        pipeline=[{"type": "LoadImageFromFile"}, {"type": "mmseg.LoadAnnotations"}],
    )
    assert len(dataset) == len(composed["2012 val"])
    for sample, (_, scene) in zip(dataset, composed["2012 val"], strict=True):
        classes = sample["gt_seg_map"]
        assert sample["img_shape"] == classes.shape == (96, 96)
        assert np.array_equal(classes == 255, scene.contours())
        plain = (scene.numbers == 0) & ~scene.contours()
        assert (classes[plain & scene.is_wall] == ALL_CLASSES.index("wall")).all()
        assert (classes[plain & ~scene.is_wall] == ALL_CLASSES.index("ground")).all()
        for digit in scene.digits:
            inside = (scene.numbers == digit.number) & ~scene.contours()
            assert (classes[inside] == ALL_CLASSES.index(CLASS_NAMES[digit.label])).all()


def test_mmseg_reads_the_depth_that_was_composed_but_for_holes(scenes, composed):
    dataset = NYUDataset(
        data_root=str(scenes.nyu),
        data_prefix={"img_path": "images/train", "depth_map_path": "annotations/train"},
        pipeline=[{"type": "LoadImageFromFile"}, {"type": "mmseg.LoadDepthAnnotation", "depth_rescale_factor": 1e-3}],
    )
    assert len(dataset) == len(composed["2012 train"])
    holes = []
    for sample, (_, scene) in zip(dataset, composed["2012 train"], strict=True):
        assert dataset.metainfo["classes"][sample["category_id"]] == "playroom"
        depth_m = sample["gt_depth_map"]
        measured = (depth_m > 0) & (depth_m < 10)
        assert np.abs(depth_m - scene.depth_m)[measured].max() <= 0.5e-3 + 1e-6
        assert set(np.unique(depth_m[~measured])) == {0, np.float32(65.535)}
        holes.append(1 - measured.mean())
    assert 0.001 < np.mean(holes) < 0.2


def test_pictures_are_those_that_were_composed_but_for_jpeg(scenes, composed):
    for folder, names in (
        (scenes.voc / "VOC2012/JPEGImages", [f"{name}.jpg" for name, _ in composed["2012 train"]]),
        (scenes.ade / "images/training", [f"{name}.jpg" for name, _ in composed["2012 train"]]),
        (scenes.nyu / "images/train", [f"playroom_{number:05}.jpg" for number in range(1, 7)]),
    ):
        for name, (_, scene) in zip(names, composed["2012 train"], strict=True):
            with Image.open(folder / name) as image:
                assert np.abs(np.asarray(image, float) - scene.image).mean() < 2.5

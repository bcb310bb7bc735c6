"""A small data set in each format, to be damaged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rs_transfer.segment.config import SegmentConfig
from rs_transfer.segment.recipes import FCN_SCENES_ADE, FCN_SCENES_VOC

CLASSES = ("cat", "dog", "owl")


def write_pair(image: Path, mask: Path, values: list[int]) -> None:
    image.parent.mkdir(parents=True, exist_ok=True)
    mask.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(image)
    Image.fromarray(np.resize(np.array(values, np.uint8), (40, 60))).save(mask)


@pytest.fixture
def voc(tmp_path) -> SegmentConfig:
    """Two training pictures and one other of three classes, as VOC2012."""
    year = tmp_path / "VOCdevkit/VOC2012"
    for name in ("a", "b", "c"):
        write_pair(year / f"JPEGImages/{name}.jpg", year / f"SegmentationClass/{name}.png", [0, 1, 2, 255])
    lists = year / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nb\n")
    (lists / "val.txt").write_text("c\n")
    return replace(FCN_SCENES_VOC, root=str(year.parent), class_names=CLASSES)


@pytest.fixture
def ade(tmp_path) -> SegmentConfig:
    """Two training pictures and one other of three classes, as ADE20K."""
    root = tmp_path / "ADEChallengeData2016"
    for split, name in (("training", "a"), ("training", "b"), ("validation", "c")):
        write_pair(root / f"images/{split}/{name}.jpg", root / f"annotations/{split}/{name}.png", [0, 1, 2, 3])
    return replace(FCN_SCENES_ADE, root=str(root), class_names=CLASSES)

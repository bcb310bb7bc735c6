"""Scenes in the format of the ADE20K scene parsing benchmark: ``ADEChallengeData2016``.

Masks are grey images where 0 is not labelled, here the contours, and class ``i`` of ``objectInfo150.txt`` is ``i``.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_transfer.scenes.jpeg import write_jpeg
from rs_transfer.scenes.scene import Scene
from rs_transfer.scenes.shapes import CLASS_NAMES
from rs_transfer.scenes.voc import Named

UNLABELLED, WALL, GROUND, FIRST_DIGIT = range(4)
ALL_CLASSES = ("wall", "ground", *CLASS_NAMES)


def write_ade(folder: Path, train: list[Named], held_out: list[Named]) -> None:
    """Write scenes to train on and held-out ones below ``folder``, and the list of classes."""
    write_split(folder, "training", train)
    write_split(folder, "validation", held_out)
    masks = [class_mask(scene) for _, scene in train], [class_mask(scene) for _, scene in held_out]
    pixels = np.bincount(np.concatenate([mask.ravel() for mask in masks[0]]), minlength=len(ALL_CLASSES) + 1)
    lines = ["Idx\tRatio\tTrain\tVal\tName"]
    for number, name in enumerate(ALL_CLASSES, start=1):
        pictures = [sum(bool((mask == number).any()) for mask in part) for part in masks]
        lines.append(f"{number}\t{pixels[number] / pixels.sum():.4f}\t{pictures[0]}\t{pictures[1]}\t{name}")
    (folder / "objectInfo150.txt").write_text("\n".join(lines) + "\n")


def write_split(folder: Path, split: str, scenes: list[Named]) -> None:
    """Write pictures and masks."""
    images, annotations = folder / "images" / split, folder / "annotations" / split
    images.mkdir(parents=True)
    annotations.mkdir(parents=True)
    for name, scene in scenes:
        write_jpeg(images / f"{name}.jpg", scene.image)
        Image.fromarray(class_mask(scene)).save(annotations / f"{name}.png")


def class_mask(scene: Scene) -> NDArray[np.uint8]:
    """Give 1 for the wall, 2 for the ground, 3 to 7 for the digits, 0 on contours; [side, side]."""
    classes = np.concatenate([[0], scene.labels + FIRST_DIGIT])
    mask = np.where(scene.numbers > 0, classes[scene.numbers], np.where(scene.is_wall, WALL, GROUND))
    return np.where(scene.contours(), UNLABELLED, mask).astype(np.uint8)

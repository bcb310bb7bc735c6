"""Scenes in the format of Pascal VOC: ``VOC2007`` and ``VOC2012`` in a ``VOCdevkit``.

The format is that of the development kit (Everingham et al. 2010): boxes count from 1 and include their last row and
column; masks are palette images where 0 is the background and 255, along the contours, counts for nothing.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rs_transfer.scenes.jpeg import write_jpeg
from rs_transfer.scenes.scene import Scene, SeenDigit
from rs_transfer.scenes.shapes import CLASS_NAMES

VOID = 255


class Named(NamedTuple):
    """A scene and the name of its files."""

    name: str
    scene: Scene


def write_voc(folder: Path, train: list[Named], held_out: list[Named], *, names: tuple[str, str]) -> None:
    """Write one year below ``folder``, such as ``VOCdevkit/VOC2012``.

    Args:
        folder: of the year.
        train: scenes to train on.
        held_out: the others.
        names: of the two lists of pictures: ``train`` and ``val``, which also make a ``trainval``; or ``trainval`` and
            ``test``.
    """
    for part in ("JPEGImages", "Annotations", "SegmentationClass"):
        (folder / part).mkdir(parents=True)
    for name, scene in train + held_out:
        write_jpeg(folder / "JPEGImages" / f"{name}.jpg", scene.image)
        write_annotation(folder / "Annotations" / f"{name}.xml", name, scene)
        write_mask(folder / "SegmentationClass" / f"{name}.png", class_mask(scene))
    lists = {names[0]: train, names[1]: held_out} | ({"trainval": train + held_out} if "val" in names else {})
    for purpose in ("Main", "Segmentation"):
        (folder / "ImageSets" / purpose).mkdir(parents=True)
        for which, listed in lists.items():
            text = "".join(f"{name}\n" for name, _ in listed)
            (folder / "ImageSets" / purpose / f"{which}.txt").write_text(text)


def class_mask(scene: Scene) -> NDArray[np.uint8]:
    """Give 0 for the background, 1 to 5 for the digits, 255 on contours; [side, side]."""
    classes = np.concatenate([[0], scene.labels + 1])
    return np.where(scene.contours(), VOID, classes[scene.numbers]).astype(np.uint8)


def write_mask(path: Path, mask: NDArray[np.uint8]) -> None:
    """Write a mask as a palette image in VOC's colours."""
    image = Image.fromarray(mask).convert("P")
    image.putpalette(palette().tobytes())
    image.save(path)


@cache
def palette() -> NDArray[np.uint8]:
    """Give the colours of VOC's masks: three bits of the number in turn, highest first, [256, 3]."""
    numbers = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((numbers >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours


def write_annotation(path: Path, name: str, scene: Scene) -> None:
    """Write the boxes of a scene."""
    root = ElementTree.Element("annotation")
    add(root, "folder", path.parent.parent.name)
    add(root, "filename", f"{name}.jpg")
    size = add(root, "size")
    height, width, channels = scene.image.shape
    for key, value in (("width", width), ("height", height), ("depth", channels)):
        add(size, key, value)
    add(root, "segmented", 1)
    for digit in scene.digits:
        add_object(root, digit)
    ElementTree.indent(root, "\t")
    ElementTree.ElementTree(root).write(path)


def add_object(root: ElementTree.Element, digit: SeenDigit) -> None:
    """Add a box, counted from 1."""
    element = add(root, "object")
    add(element, "name", CLASS_NAMES[digit.label])
    add(element, "pose", "Unspecified")
    add(element, "truncated", int(digit.truncated))
    add(element, "difficult", int(digit.difficult))
    box = add(element, "bndbox")
    for key, value in zip(("xmin", "ymin", "xmax", "ymax"), digit.box, strict=True):
        add(box, key, value + 1)


def add(parent: ElementTree.Element, tag: str, value: object = None) -> ElementTree.Element:
    """Add an element, with a text or without."""
    element = ElementTree.SubElement(parent, tag)
    element.text = None if value is None else str(value)
    return element

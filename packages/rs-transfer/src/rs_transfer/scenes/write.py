"""The scenes on disk: written once, then read as the real data sets are."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from rs_core.errors import UserError
from rs_transfer.scenes.ade import write_ade
from rs_transfer.scenes.nyu import write_nyu
from rs_transfer.scenes.scene import compose
from rs_transfer.scenes.shapes import Part, load_shapes
from rs_transfer.scenes.voc import Named, write_voc

NUM_TRAIN, NUM_TEST, SIZE_PX = 240, 60, 96
SMALLEST_PX, LARGEST_PX = 48, 1024


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Where scenes are: one folder for each format.

    Args:
        voc: the ``VOCdevkit``, with ``VOC2007`` (``trainval``, ``test``) and ``VOC2012`` (``train``, ``val``,
            ``trainval``) in it.
        ade: ``images`` and ``annotations``, each with ``training`` and ``validation``: the scenes of ``VOC2012``.
        nyu: ``images`` and ``annotations``, each with ``train`` and ``test``: the scenes of ``VOC2012``.
    """

    voc: Path
    ade: Path
    nyu: Path

    @classmethod
    def below(cls, folder: Path) -> Self:
        """Give where ``write_scenes`` puts them."""
        return cls(voc=folder / "VOCdevkit", ade=folder / "ADEChallengeData2016", nyu=folder / "nyu")


def write_scenes(
    folder: Path, *, num_train: int = NUM_TRAIN, num_test: int = NUM_TEST, size_px: int = SIZE_PX, seed: int
) -> Scenes:
    """Write scenes in all three formats; the same arguments give the same pixels.

    VOC2007 has as many scenes as VOC2012, others. No digit that is tested on is in a training picture of the same task,
    and a test picture of VOC2007 shows none of VOC2012's, which detection trains on.

    Args:
        folder: is made, and holds all of the scenes or is not there.
        num_train: training pictures of each data set.
        num_test: test pictures of each.
        size_px: height and width of the pictures.
        seed: of what is where and of all colours.

    Raises:
        UserError: the folder exists and is not empty, a number out of range, or scikit-learn is missing.
    """
    if min(num_train, num_test) < 1:
        raise UserError(f"num_train={num_train}, num_test={num_test}: give at least 1 picture of each")
    if not SMALLEST_PX <= size_px <= LARGEST_PX:
        raise UserError(f"size_px={size_px}: give {SMALLEST_PX} to {LARGEST_PX} pixels")
    if seed < 0:
        raise UserError(f"seed={seed}: give 0 or more")
    if folder.exists():
        if any(folder.iterdir()):
            raise UserError(f"{folder}: is not empty; give another folder for the scenes")
        folder.rmdir()
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write_all(Scenes.below(partial), num_train, num_test, size_px, seed)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Scenes.below(folder)


def _write_all(scenes: Scenes, num_train: int, num_test: int, size_px: int, seed: int) -> None:
    train = draw("train", 2007, num_train, size_px, seed)
    test = draw("test_2007", 2007, num_test, size_px, seed)
    write_voc(scenes.voc / "VOC2007", train, test, names=("trainval", "test"))
    train = draw("train", 2012, num_train, size_px, seed)
    test = draw("test_2012", 2012, num_test, size_px, seed)
    write_voc(scenes.voc / "VOC2012", train, test, names=("train", "val"))
    write_ade(scenes.ade, train, test)
    write_nyu(scenes.nyu, train, test)


def draw(part: Part, year: int, num_scenes: int, size_px: int, seed: int) -> list[Named]:
    """Compose so many scenes of a part; each follows from its number, however many there are."""
    shapes = load_shapes(part)
    is_test = int(part != "train")
    return [
        Named(
            f"{year}_{is_test}{number:05}",
            compose(shapes, size_px, np.random.default_rng([seed, year, is_test, number])),
        )
        for number in range(1, num_scenes + 1)
    ]

"""Pictures with a map of the same size beside each, classes or depth: which there are, and whether they fit."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from rs_core.cli.file_progress import FileProgress
from rs_core.data.decode import DAMAGED
from rs_core.errors import UserError

# Decoding every map of a large data set would take minutes.
NUM_SAMPLED = 64
NUM_THREADS = 8


class Pair(NamedTuple):
    """The files of a picture and of its map."""

    image: Path
    map: Path


CheckHeader = Callable[[Path, Image.Image], None]


def pairs_in_folders(images: Path, maps: Path) -> list[Pair]:
    """Pair each JPEG below one folder with the PNG of the same name below the other, as mmsegmentation does.

    Raises:
        UserError: a folder is missing or has no picture.
    """
    for folder in (images, maps):
        if not folder.is_dir():
            raise UserError(f"{folder}: there is no such folder; give the data set's own folder as root, complete")
    found = sorted(images.rglob("*.jpg"))
    if not found:
        raise UserError(f"{images}: holds no .jpg; give the data set's own folder as root, complete")
    return [Pair(image, maps / image.relative_to(images).with_suffix(".png")) for image in found]


def pairs_in_list(names: Path, images: Path, maps: Path) -> list[Pair]:
    """Pair the files that a list names, one a line without extension.

    Raises:
        UserError: the list or a folder is missing, or the list is empty.
    """
    for path in (names, images, maps):
        if not path.exists():
            raise UserError(f"{path}: missing; give the VOCdevkit folder as root, with the whole year in it")
    listed = names.read_text(encoding="utf-8").split()
    if not listed:
        raise UserError(f"{names}: names no picture; put the names in, one a line without extension")
    for name in listed:
        for path in (images / f"{name}.jpg", maps / f"{name}.png"):
            if not path.is_file():
                raise UserError(f"{names}: names {name}, but there is no {path}; restore it or take the name out")
    return [Pair(images / f"{name}.jpg", maps / f"{name}.png") for name in listed]


def check_headers(pairs: list[Pair], check_map: CheckHeader) -> None:
    """Look at the headers of all files: readable, of the same size in each pair, and what ``check_map`` asks of a map.

    Raises:
        UserError: naming the first file that does not fit, and what to do.
    """

    def check(pair: Pair) -> None:
        sizes = []
        for path in pair:
            with open_image(path) as image:
                sizes.append(image.size)
                if path == pair.map:
                    check_map(path, image)
        if sizes[0] != sizes[1]:
            raise UserError(
                f"{pair.map}: {in_words(sizes[1])}, but {pair.image} has {in_words(sizes[0])}; "
                "make one of them anew, in the size of the other"
            )

    with FileProgress("checking") as progress, ThreadPoolExecutor(NUM_THREADS) as pool:
        for done, _ in enumerate(pool.map(check, pairs), start=1):
            progress(done, len(pairs), done)


def sampled_maps(pairs: list[Pair]) -> Iterable[tuple[Path, NDArray[Any]]]:
    """Decode picture and map of some pairs, evenly spread, the first and the last among them; yield the maps.

    Raises:
        UserError: a file is damaged.
    """
    for row in np.unique(np.linspace(0, len(pairs) - 1, NUM_SAMPLED).round().astype(int)).tolist():
        decode(pairs[row].image)
        yield pairs[row].map, decode(pairs[row].map)


def decode(path: Path) -> NDArray[Any]:
    """Decode an image as it is stored: the numbers of a palette image, not its colours.

    Raises:
        UserError: it is missing or damaged.
    """
    with open_image(path) as image:
        try:
            return np.asarray(image)
        except DAMAGED as error:
            raise damaged(path, error) from None


def open_image(path: Path) -> Image.Image:
    """Open an image and read no pixel.

    Raises:
        UserError: it is missing, empty or no image.
    """
    try:
        return Image.open(path)
    except FileNotFoundError:
        raise UserError(f"{path}: missing; every picture needs its map and every map its picture") from None
    except UnidentifiedImageError:
        reason = "not readable as an image" if path.stat().st_size else "empty"
        raise UserError(f"{path}: {reason}; replace the file") from None
    except DAMAGED as error:
        raise damaged(path, error) from None


def damaged(path: Path, error: Exception) -> UserError:
    """Say in one line what is wrong with a file."""
    reason = " ".join(str(error).split())
    return UserError(f"{path}: truncated or damaged ({reason}); replace the file")


def in_words(size: tuple[int, int]) -> str:
    """Say how large an image is."""
    return f"{size[0]}x{size[1]} pixels"

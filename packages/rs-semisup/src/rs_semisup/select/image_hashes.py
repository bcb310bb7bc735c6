"""The hashes of the images that are not to be chosen, as labelling hashes those that may be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rs_core.data.decode import DecodeConfig, decode_image
from rs_core.data.index.build import OnProgress
from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError
from rs_semisup.label.hashes import content_hash, perceptual_hash

# Images that a worker takes at a time, and the least number of such spans that starting it is worth.
SPAN_ROWS = 256
SPANS_PER_WORKER = 16

LABELLED, HELD_OUT = 0, 1

Progress = Callable[[str], AbstractContextManager[OnProgress]]


@dataclass(frozen=True, eq=False)
class Hashes:
    """Different hashes, uint64 in ascending order, and the first set that has each, int8; both of shape [n]."""

    values: NDArray[np.uint64]
    sets: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownImages:
    """Images of the labelled set (number 0) and of those held out (1).

    Args:
        content: hashes of their encoded bytes.
        perceptual: hashes of their pixels; none where they were not asked for.
        num_images: how many there are.
        num_unreadable: of them, which could not be compared.
    """

    content: Hashes
    perceptual: Hashes
    num_images: int
    num_unreadable: int


@dataclass(frozen=True, kw_only=True)
class HashConfig:
    """How images are hashed.

    Args:
        directory: of their index.
        perceptual: hash pixels too.
        decode: to which pixels.
    """

    directory: Path
    perceptual: bool
    decode: DecodeConfig


def hash_images(
    labelled: Path | None,
    held_out: Sequence[Path],
    *,
    perceptual: bool,
    decode: DecodeConfig,
    num_workers: int,
    progress: Progress,
) -> KnownImages:
    """Hash all images of some indexes. One that cannot be read is counted and left out.

    Raises:
        UserError: no index, or one that no longer fits its files.
    """
    sets = [(LABELLED, labelled)] if labelled else []
    sets += [(HELD_OUT, directory) for directory in held_out]
    content: list[tuple[NDArray[np.uint64], int]] = []
    pixels: list[tuple[NDArray[np.uint64], int]] = []
    num_images = num_unreadable = 0
    for number, directory in sets:
        config = HashConfig(directory=directory, perceptual=perceptual, decode=decode)
        num_images += len(open_stored(directory).index)
        for of_bytes, of_pixels, unreadable in _hash_all(config, num_workers, progress):
            content.append((of_bytes, number))
            pixels.append((of_pixels, number))
            num_unreadable += unreadable
    return KnownImages(
        content=_different(content),
        perceptual=_different(pixels),
        num_images=num_images,
        num_unreadable=num_unreadable,
    )


Found = tuple[NDArray[np.uint64], NDArray[np.uint64], int]


def _hash_all(config: HashConfig, num_workers: int, progress: Progress) -> Iterator[Found]:
    num_rows = len(open_stored(config.directory).index)
    spans = [range(start, min(start + SPAN_ROWS, num_rows)) for start in range(0, num_rows, SPAN_ROWS)]
    with progress(f"hashing {config.directory}") as tell:
        found = map_in_order(_hash_span, config, spans, min(num_workers, len(spans) // SPANS_PER_WORKER))
        for done, result in enumerate(found, start=1):
            tell(done, len(spans), spans[done - 1].stop)
            yield result


def _hash_span(config: HashConfig, rows: range) -> Found:
    """Give the hashes of the bytes and of the pixels of some rows, and how many could not be hashed as asked."""
    index = _opened(config.directory).index
    of_bytes: list[int] = []
    of_pixels: list[int] = []
    num_unreadable = 0
    for row, encoded in zip(rows, index.read_rows(np.array(rows)), strict=True):
        try:
            if isinstance(encoded, UserError):
                raise encoded
            of_bytes.append(content_hash(encoded))
            if config.perceptual:
                image = decode_image(encoded, partial(index.name, row), config.decode)
                of_pixels.append(perceptual_hash(image))
        except UnreadableSample:
            num_unreadable += 1
    return np.array(of_bytes, np.uint64), np.array(of_pixels, np.uint64), num_unreadable


@lru_cache(maxsize=1)
def _opened(directory: Path) -> StoredIndex:
    # Once a worker process.
    return open_stored(directory)


def _different(found: Sequence[tuple[NDArray[np.uint64], int]]) -> Hashes:
    # A stack of equal images on both sides would make as many pairs as their product.
    values = np.concatenate([np.empty(0, np.uint64), *(values for values, _ in found)])
    numbers = np.concatenate(
        [np.empty(0, np.int8), *(np.full(len(values), number, np.int8) for values, number in found)]
    )
    different, first = np.unique(values, return_index=True)
    return Hashes(different, numbers[first])

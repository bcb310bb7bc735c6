"""Where the time of an input pipeline goes: the processor time of each part, image by image, in this process."""

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from rs_core.data.augment import DeviceAugment
from rs_core.data.crop import Box, RandomCropConfig, random_crop_box
from rs_core.data.decode import DecodeConfig, decode_image, load_rgb, open_image
from rs_core.data.decode_crop import decode_crop
from rs_core.data.hand_over import Slots
from rs_core.data.index import SampleIndex
from rs_core.data.jpeg import jpeg_rows, jpeg_size
from rs_core.data.resize import resize_into
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError

NUM_ROUNDS = 3

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LoaderParts:
    """Processor time of one image on one core, in microseconds; means over a sample of a data set.

    Args:
        read: from the files to bytes.
        decode: from bytes to the pixels of a random crop.
        resize: from the crop to its place in a batch.
        hand_over: of a batch from a worker, shared out to its images.
        augment: mirror, RandAugment and normalise on the CPU, likewise.
        whole_decode: from bytes to all pixels; no part of the pipeline, but what it is measured by.
    """

    read: float
    decode: float
    resize: float
    hand_over: float
    augment: float
    whole_decode: float

    @property
    def in_worker(self) -> float:
        """From the files to the batch, handed over."""
        return self.read + self.decode + self.resize + self.hand_over

    @property
    def share_of_decoder(self) -> float:
        """Rate from bytes to cropped pixels over the rate of decoding whole images and no more."""
        return self.whole_decode / (self.decode + self.resize)


def measure_parts(
    index: SampleIndex,
    *,
    resolution: int,
    decode: DecodeConfig,
    augment: DeviceAugment,
    batch_size: int,
    num_images: int = 128,
) -> LoaderParts:
    """Measure each part on up to ``num_images`` images spread over a data set; the fastest of three rounds counts.

    Raises:
        UserError: none of the images can be read, or the index no longer fits its files.
    """
    rows = np.linspace(0, len(index) - 1, min(num_images, len(index))).astype(np.int64)
    files = readable(index, rows)
    batch = torch.empty(len(files), 3, resolution, resolution, dtype=torch.uint8)
    crops = [_decode(data, place, decode, resolution) for place, data in enumerate(files)]
    for crop, image in zip(crops, batch, strict=True):
        resize_into(crop, image)
    full_batch = batch.repeat(-(-batch_size // len(batch)), 1, 1, 1)[:batch_size].contiguous()
    generator = torch.Generator().manual_seed(0)
    return LoaderParts(
        read=_microseconds(lambda _: index.read_rows(rows), [None]) / len(rows),
        decode=_microseconds(lambda place: _decode(files[place], place, decode, resolution), range(len(files))),
        resize=_microseconds(lambda place: resize_into(crops[place], batch[place]), range(len(files))),
        hand_over=_measure_hand_over(full_batch),
        augment=_microseconds(lambda _: augment(full_batch, generator), [None]) / batch_size,
        whole_decode=_microseconds(_decode_whole, files),
    )


def readable(index: SampleIndex, rows: NDArray[np.int64]) -> list[bytes]:
    """Return the bytes of those of ``rows`` that are images."""
    files: list[bytes] = []
    for row, data in zip(rows.tolist(), index.read_rows(rows), strict=True):
        try:
            if isinstance(data, UserError):
                raise data
            decode_image(data, partial(index.name, row), DecodeConfig())
            files.append(data)
        except UnreadableSample as error:
            last = error
    if not files:
        raise UserError(f"none of {len(rows)} images can be read; the last: {last}")
    return files


def _decode(data: bytes, place: int, config: DecodeConfig, resolution: int) -> NDArray[np.uint8]:
    rng = np.random.Generator(np.random.Philox(key=[0, place]))

    def choose_box(height: int, width: int) -> Box:
        return random_crop_box(height, width, RandomCropConfig(), rng)

    return decode_crop(data, choose_box, lambda: "", config, resolution)


def _decode_whole(data: bytes) -> object:
    size = jpeg_size(data)
    pixels = jpeg_rows(data, size[0]) if size is not None else None
    return pixels if pixels is not None else load_rgb(open_image(data, str), str)


def _microseconds(function: Callable[[T], object], items: Iterable[T]) -> float:
    """Return the processor time of one call, the mean over the items, in the fastest round."""
    items = list(items)
    seconds = []
    for _ in range(NUM_ROUNDS):
        start = time.process_time()
        for item in items:
            function(item)
        seconds.append(time.process_time() - start)
    return min(seconds) * 1e6 / len(items)


@dataclass(frozen=True, kw_only=True, eq=False)
class _ReadyBatches(Dataset[int]):
    """The same batch again and again, copied to where a worker makes its batches."""

    images: Tensor
    slots: Slots
    num_batches: int

    def __len__(self) -> int:
        return self.num_batches

    def __getitem__(self, batch: int) -> int:
        self.slots.slot(batch, len(self.images)).copy_(self.images)
        return batch


def _measure_hand_over(images: Tensor) -> float:
    """Return the processor time of a worker and its caller for one image of a batch."""
    few, many = 4, 36  # the difference leaves out what starting and ending a worker takes
    seconds = min(_pass_on(images, many) for _ in range(2)) - min(_pass_on(images, few) for _ in range(2))
    return max(seconds, 0.0) * 1e6 / ((many - few) * len(images))


def _pass_on(images: Tensor, num_batches: int) -> float:
    slots = Slots(1, len(images), images.shape[-1])
    start = _processor_seconds()
    for batch in DataLoader(
        _ReadyBatches(images=images, slots=slots, num_batches=num_batches), batch_size=None, num_workers=1
    ):
        slots.copy_out(batch, len(images))
    return _processor_seconds() - start


def _processor_seconds() -> float:
    """Return the time that this process and its children that have ended kept a core busy."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime

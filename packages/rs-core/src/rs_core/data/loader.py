"""Batches of decoded, cropped images: bytes in, one tensor of pixels per batch out.

Workers read, decode, crop and resize; the rest of the augmentation runs on the training device. A worker
makes a whole batch in one tensor, so nothing is collated sample by sample. PyTorch gives each worker one
thread.
"""

import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode import decode_rgb
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels
from rs_core.data.resize import Pixels, crop_and_resize, pixel_type
from rs_core.errors import UserError


class Batch(NamedTuple):
    """Images and what they are.

    ``images`` is [N, 3, H, W], contiguous as RandAugment likes it: uint8, or float32 on the same scale where evaluation
    resizes as TensorFlow does. ``labels`` and ``rows`` are int64 [N].
    """

    images: Tensor
    labels: Tensor
    rows: Tensor


def train_batches(
    index: SampleIndex,
    *,
    order: Order,
    parts: Sequence[range],
    resolution: int,
    crop: RandomCropConfig,
    num_workers: int,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """Yield randomly cropped batches: one for each of ``parts``, which are positions of the stream ``order``.

    Epochs follow each other without a gap, so a batch may straddle two. Row and crop at a position depend on
    (seed, position) alone: the stream is the same for any number of workers and wherever it is entered. With 0 workers
    all work is done in the calling process.

    Raises the ``UserError`` of an unreadable sample when its batch is reached.
    """
    dataset = _TrainBatches(index=index, order=order, parts=parts, resolution=resolution, crop=crop)
    return _load(dataset, num_workers, pin_memory)


def eval_batches(
    index: SampleIndex,
    *,
    rows: range,
    preprocessing: Preprocessing,
    batch_size: int,
    num_workers: int,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """Yield the ``evaluation_pixels`` of each of ``rows`` once, in order; the last batch may be smaller.

    Raises the ``UserError`` of an unreadable sample when its batch is reached.
    """
    dataset = _EvalBatches(index=index, rows=rows, preprocessing=preprocessing, batch_size=batch_size)
    return _load(dataset, num_workers, pin_memory)


@dataclass(frozen=True, kw_only=True, eq=False)
class _TrainBatches(Dataset[Batch | UserError]):
    index: SampleIndex
    order: Order
    parts: Sequence[range]
    resolution: int
    crop: RandomCropConfig

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, batch: int) -> Batch | UserError:
        positions = np.array(self.parts[batch])
        rows = self.order.rows_at(positions)
        pixels = np.empty((len(rows), 3, self.resolution, self.resolution), np.uint8)
        return _make_batch(self.index, rows, pixels, map(self._image, rows, positions))

    def _image(self, row: int, position: int) -> Pixels:
        image = decode_rgb(self.index.read(row), self.index.name(row))
        # Philox takes a key and needs no warming up: one generator per position costs microseconds.
        key = np.array([self.order.seed % 2**64, position], np.uint64)
        rng = np.random.Generator(np.random.Philox(key=key))
        box = random_crop_box(image.height, image.width, self.crop, rng)
        return crop_and_resize(image, box, (self.resolution, self.resolution))


@dataclass(frozen=True, kw_only=True, eq=False)
class _EvalBatches(Dataset[Batch | UserError]):
    index: SampleIndex
    rows: range
    preprocessing: Preprocessing
    batch_size: int

    def __len__(self) -> int:
        return len(self.rows[:: self.batch_size])

    def __getitem__(self, batch: int) -> Batch | UserError:
        rows = np.array(self.rows[batch * self.batch_size : (batch + 1) * self.batch_size])
        side = self.preprocessing.resolution
        pixels = np.empty((len(rows), 3, side, side), pixel_type(self.preprocessing.resize))
        return _make_batch(self.index, rows, pixels, map(self._image, rows))

    def _image(self, row: int) -> Pixels:
        image = decode_rgb(self.index.read(row), self.index.name(row))
        return evaluation_pixels(image, self.preprocessing)


def _make_batch(
    index: SampleIndex, rows: NDArray[np.int64], pixels: Pixels, images: Iterable[Pixels]
) -> Batch | UserError:
    """Fill ``pixels`` and return the batch of ``rows``, or the error of its first unreadable sample.

    The error is returned, not raised, because DataLoader would turn it into a worker's traceback.
    """
    try:
        for place, image in enumerate(images):
            pixels[place] = image.transpose(2, 0, 1)
    except UserError as error:
        return error
    return Batch(torch.from_numpy(pixels), torch.from_numpy(index.labels[rows]), torch.from_numpy(rows))


def _load(dataset: Dataset[Batch | UserError], num_workers: int, pin_memory: bool) -> Iterator[Batch]:
    loader = DataLoader(
        dataset,
        batch_size=None,  # an item of the data set is a batch already
        num_workers=num_workers,  # each prefetches two batches; more only takes memory
        pin_memory=pin_memory,
        # DataLoader draws a seed for each pass. From the global generator, that would change a resumed run.
        generator=torch.Generator(),
        worker_init_fn=_leave_signals_to_the_caller,
    )
    return _batches_of(loader)


def _leave_signals_to_the_caller(_worker: int) -> None:
    # Terminals and schedulers signal the workers too; without them the caller could not finish its step and save.
    # They end when the caller does.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _batches_of(loader: DataLoader[Batch | UserError]) -> Iterator[Batch]:
    for item in loader:
        if isinstance(item, UserError):
            raise item
        yield item

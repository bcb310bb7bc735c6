"""Batches of decoded, cropped images: bytes in, one tensor of pixels per batch out.

Workers read, decode, crop and resize; the rest of the augmentation runs on the training device. A worker makes a whole
batch in one tensor, which lies in memory that the caller shares: nothing is collated sample by sample, and what crosses
over is a file descriptor. PyTorch gives each worker one thread.
"""

import atexit
import multiprocessing
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode import DecodeConfig, decode_image
from rs_core.data.decode_crop import decode_crop
from rs_core.data.hand_over import PREFETCH, Slots, new_images
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels
from rs_core.data.resize import pixel_type, resize_into
from rs_core.data.skips import Skip, UnreadableSample
from rs_core.errors import UserError

# Rows tried at a position of training before the run stops. With one row in ten unreadable, it stops once in 10**10.
NUM_ATTEMPTS = 10


class Batch(NamedTuple):
    """Images and what they are.

    ``images`` is [N, 3, H, W], contiguous as RandAugment likes it: uint8, or float32 on the same scale where evaluation
    resizes as TensorFlow does. ``labels`` and ``rows`` are int64 [N]. ``skipped`` are samples that could not be read:
    in training others are in their places, in evaluation N is so much smaller, down to 0.
    """

    images: Tensor
    labels: Tensor
    rows: Tensor
    skipped: tuple[Skip, ...] = ()


def train_batches(
    index: SampleIndex,
    *,
    order: Order,
    parts: Sequence[range],
    resolution: int,
    crop: RandomCropConfig,
    num_workers: int,
    pin_memory: bool = False,
    decode: DecodeConfig = DecodeConfig(),  # noqa: B008  (frozen)
) -> Iterator[Batch]:
    """Yield randomly cropped batches: one for each of ``parts``, which are positions of the stream ``order``.

    Epochs follow each other without a gap, so a batch may straddle two. Row and crop at a position depend on
    (seed, position) alone: the stream is the same for any number of workers and wherever it is entered. With 0 workers
    all work is done in the calling process.

    In the place of a sample that cannot be read stands a row drawn from (seed, position, attempt); after
    ``NUM_ATTEMPTS`` unreadable ones the stream ends with a ``UserError``. So it does at once with any other error of
    the index, when the batch is reached.
    """
    slots = None
    if num_workers and len(parts) and not pin_memory:  # to pin a batch copies it anyway, in a thread
        slots = Slots(num_workers, len(parts[0]), resolution)
    dataset = _TrainBatches(
        index=index, order=order, parts=parts, resolution=resolution, crop=crop, decode=decode, slots=slots
    )
    return _load(dataset, num_workers, pin_memory, slots)


def eval_batches(
    index: SampleIndex,
    *,
    rows: range,
    preprocessing: Preprocessing,
    batch_size: int,
    num_workers: int,
    pin_memory: bool = False,
    decode: DecodeConfig = DecodeConfig(),  # noqa: B008  (frozen)
) -> Iterator[Batch]:
    """Yield the ``evaluation_pixels`` of each of ``rows`` once, in order; the last batch may be smaller.

    A sample that cannot be read is left out and reported in ``Batch.skipped``. Any other error of the index is raised
    as ``UserError`` when its batch is reached.
    """
    dataset = _EvalBatches(index=index, rows=rows, preprocessing=preprocessing, batch_size=batch_size, decode=decode)
    return _load(dataset, num_workers, pin_memory)


@dataclass(frozen=True, kw_only=True, eq=False)
class _TrainBatches(Dataset[Batch | UserError]):
    index: SampleIndex
    order: Order
    parts: Sequence[range]
    resolution: int
    crop: RandomCropConfig
    decode: DecodeConfig
    slots: Slots | None

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, batch: int) -> Batch | UserError:
        try:
            return self._make(batch, np.array(self.parts[batch]))
        except UserError as error:
            return error  # raised here, DataLoader would turn it into a worker's traceback

    def _make(self, batch: int, positions: NDArray[np.int64]) -> Batch:
        rows = self.order.rows_at(positions)
        in_slot = self.slots is not None and self.slots.fits(len(rows))
        if self.slots is not None and in_slot:
            images = self.slots.slot(batch, len(rows))
        else:
            images = new_images(len(rows), self.resolution, torch.uint8)
        skipped: list[Skip] = []
        for place, encoded in enumerate(self.index.read_rows(rows)):
            rows[place] = self._fill(images[place], int(rows[place]), encoded, int(positions[place]), skipped)
        return _batch(self.index, images[:0] if in_slot else images, rows, skipped)

    def _fill(
        self, image: Tensor, row: int, encoded: bytes | UserError, position: int, skipped: list[Skip], attempt: int = 0
    ) -> int:
        """Make the image of a position from its row or, as long as that cannot be read, another; return which."""
        # Philox takes a key and needs no warming up: one generator per position costs microseconds. Attempts are 2**192
        # numbers apart in its sequence.
        key = np.array([self.order.seed % 2**64, position], np.uint64)
        rng = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, attempt]))
        if attempt:
            row = int(rng.integers(len(self.index)))
            (encoded,) = self.index.read_rows(np.array([row]))
        try:
            self._crop_into(image, row, encoded, rng)
        except UnreadableSample as error:
            skipped.append(Skip(file=error.name, row=row, position=position, reason=error.reason))
            if attempt + 1 == NUM_ATTEMPTS:
                raise UserError(
                    f"{NUM_ATTEMPTS} samples drawn for one place of a batch cannot be read, the last: {error}"
                ) from error
            return self._fill(image, row, encoded, position, skipped, attempt + 1)
        return row

    def _crop_into(self, image: Tensor, row: int, encoded: bytes | UserError, rng: np.random.Generator) -> None:
        pixels = decode_crop(
            _or_raise(encoded),
            lambda height, width: random_crop_box(height, width, self.crop, rng),
            partial(self.index.name, row),
            self.decode,
            self.resolution,
        )
        resize_into(pixels, image)


@dataclass(frozen=True, kw_only=True, eq=False)
class _EvalBatches(Dataset[Batch | UserError]):
    index: SampleIndex
    rows: range
    preprocessing: Preprocessing
    batch_size: int
    decode: DecodeConfig

    def __len__(self) -> int:
        return len(self.rows[:: self.batch_size])

    def __getitem__(self, batch: int) -> Batch | UserError:
        try:
            return self._make(np.array(self.rows[batch * self.batch_size : (batch + 1) * self.batch_size]))
        except UserError as error:
            return error  # raised here, DataLoader would turn it into a worker's traceback

    def _make(self, rows: NDArray[np.int64]) -> Batch:
        dtype = torch.uint8 if pixel_type(self.preprocessing.resize) is np.uint8 else torch.float32
        images = new_images(len(rows), self.preprocessing.resolution, dtype)
        readable: list[int] = []
        skipped: list[Skip] = []
        for row, encoded in zip(rows.tolist(), self.index.read_rows(rows), strict=True):
            try:
                image = decode_image(_or_raise(encoded), partial(self.index.name, row), self.decode)
            except UnreadableSample as error:
                skipped.append(Skip(file=error.name, row=row, position=row, reason=error.reason))
                continue
            pixels = evaluation_pixels(image, self.preprocessing)
            images[len(readable)].copy_(torch.tensor(pixels).permute(2, 0, 1))
            readable.append(row)
        return _batch(self.index, images[: len(readable)], np.array(readable, np.int64), skipped)


def _or_raise(encoded: bytes | UserError) -> bytes:
    if isinstance(encoded, UserError):
        raise encoded
    return encoded


def _batch(index: SampleIndex, images: Tensor, rows: NDArray[np.int64], skipped: list[Skip]) -> Batch:
    return Batch(images, torch.from_numpy(index.labels[rows]), torch.from_numpy(rows), tuple(skipped))


def _load(
    dataset: Dataset[Batch | UserError], num_workers: int, pin_memory: bool, slots: Slots | None = None
) -> Iterator[Batch]:
    loader = DataLoader(
        dataset,
        batch_size=None,  # an item of the data set is a batch already
        num_workers=num_workers,
        prefetch_factor=PREFETCH if num_workers else None,  # more only takes memory
        pin_memory=pin_memory,
        # DataLoader draws a seed for each pass. From the global generator, that would change a resumed run.
        generator=torch.Generator(),
        worker_init_fn=_leave_signals_to_the_caller,
    )
    return _batches_of(loader, slots)


def _leave_signals_to_the_caller(_worker: int) -> None:
    # Terminals and schedulers signal the workers too; without them the caller could not finish its step and save.
    # They end when the caller does, see _kill_workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _batches_of(loader: Iterable[Batch | UserError], slots: Slots | None) -> Iterator[Batch]:
    for number, item in enumerate(loader):
        if isinstance(item, UserError):
            raise item
        in_slot = slots is not None and slots.fits(len(item.rows))
        images = slots.copy_out(number, len(item.rows)) if slots is not None and in_slot else item.images
        yield item._replace(images=images, skipped=tuple(item.skipped))  # pinning turns tuples into lists


def _kill_workers() -> None:
    # At exit, multiprocessing asks the workers to end by SIGTERM, which ours ignore, and waits for them. After an
    # exception there still are some: its traceback holds the loader. PyTorch would take their end for a failure.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()


# What is registered last runs first, so multiprocessing must have registered its own.
import_module("multiprocessing.util")
atexit.register(_kill_workers)

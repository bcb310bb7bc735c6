"""Batches of decoded, cropped images: bytes in, one tensor of pixels per batch out.

Workers read, decode, crop and resize; the rest of the augmentation runs on the training device. A worker makes a whole
batch in one tensor, which lies in memory that the caller shares: nothing is collated sample by sample, and what crosses
over is a file descriptor. PyTorch gives each worker one thread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from rs_core.data.crop import RandomCropConfig
from rs_core.data.decode import DecodeConfig, decode_image
from rs_core.data.decode_crop import decode_crop_into
from rs_core.data.hand_over import Slots, new_images
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels
from rs_core.data.resize import pixel_type
from rs_core.data.skips import Skip, UnreadableSample
from rs_core.data.training_images import TrainingImages, or_raise
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError


class Batch(NamedTuple):
    """Images and what they are.

    ``images`` is [N, 3, H, W], contiguous as RandAugment likes it: uint8, or float32 on the same scale where evaluation
    resizes as TensorFlow does. ``labels`` and ``rows`` are int64 [N]. ``skipped`` are samples that could not be read:
    in training others are in their places, in evaluation N is so much smaller, down to 0. ``columns`` are those columns
    of the index that were asked for, [N] or [N, k].
    """

    images: Tensor
    labels: Tensor
    rows: Tensor
    skipped: tuple[Skip, ...] = ()
    columns: Mapping[str, Tensor] = {}


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
    columns: tuple[str, ...] = (),
) -> Iterator[Batch]:
    """Yield randomly cropped batches: one for each of ``parts``, which are positions of the stream ``order``.

    Epochs follow each other without a gap, so a batch may straddle two. Row and crop at a position depend on
    (seed, position) alone: the stream is the same for any number of workers and wherever it is entered. With 0 workers
    all work is done in the calling process. ``columns``: those of the index that the batches bring along.

    In the place of a sample that cannot be read stands a row drawn from (seed, position, attempt); after
    ``replacements.NUM_ATTEMPTS`` unreadable ones the stream ends with a ``UserError``. So it does at once with any
    other error of the index, when the batch is reached.
    """
    slots = None
    if num_workers and len(parts) and not pin_memory:  # to pin a batch copies it anyway, in a thread
        slots = Slots(num_workers, len(parts[0]), resolution)
    dataset = _TrainBatches(
        images=TrainingImages(index=index, seed=order.seed, crop=crop),
        order=order,
        parts=parts,
        resolution=resolution,
        decode=decode,
        slots=slots,
        columns=columns,
    )
    return _whole(make_in_workers(dataset, num_workers=num_workers, pin_memory=pin_memory), slots)


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

    A sample that cannot be read is left out and reported in ``Batch.skipped``. Any other error of the index is raised
    as ``UserError`` when its batch is reached.
    """
    dataset = _EvalBatches(index=index, rows=rows, preprocessing=preprocessing, batch_size=batch_size)
    return _whole(make_in_workers(dataset, num_workers=num_workers, pin_memory=pin_memory))


@dataclass(frozen=True, kw_only=True, eq=False)
class _TrainBatches(Dataset[Batch | UserError]):
    images: TrainingImages
    order: Order
    parts: Sequence[range]
    resolution: int
    decode: DecodeConfig
    slots: Slots | None
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, batch: int) -> Batch | UserError:
        try:
            return self._make(batch, np.array(self.parts[batch]))
        except UserError as error:
            return error

    def _make(self, batch: int, positions: NDArray[np.int64]) -> Batch:
        rows = self.order.rows_at(positions)
        in_slot = self.slots is not None and self.slots.fits(len(rows))
        if self.slots is not None and in_slot:
            images = self.slots.slot(batch, len(rows))
        else:
            images = new_images(len(rows), self.resolution, torch.uint8)
        skipped: list[Skip] = []
        index = self.images.index
        for place, encoded in enumerate(index.read_rows(rows)):
            rows[place], _, _ = self.images.use(
                int(positions[place]),
                int(rows[place]),
                encoded,
                partial(decode_crop_into, images[place], self.decode),
                skipped,
            )
        made = _batch(index, images[:0] if in_slot else images, rows, skipped)
        return made._replace(columns=columns_of(index, self.columns, rows))


@dataclass(frozen=True, kw_only=True, eq=False)
class _EvalBatches(Dataset[Batch | UserError]):
    index: SampleIndex
    rows: range
    preprocessing: Preprocessing
    batch_size: int

    def __len__(self) -> int:
        return len(self.rows[:: self.batch_size])

    def __getitem__(self, batch: int) -> Batch | UserError:
        try:
            return self._make(np.array(self.rows[batch * self.batch_size : (batch + 1) * self.batch_size]))
        except UserError as error:
            return error

    def _make(self, rows: NDArray[np.int64]) -> Batch:
        dtype = torch.uint8 if pixel_type(self.preprocessing.resize) is np.uint8 else torch.float32
        images = new_images(len(rows), self.preprocessing.resolution, dtype)
        decode = DecodeConfig(apply_exif_orientation=self.preprocessing.apply_exif_orientation)
        readable: list[int] = []
        skipped: list[Skip] = []
        for row, encoded in zip(rows.tolist(), self.index.read_rows(rows), strict=True):
            try:
                image = decode_image(or_raise(encoded), partial(self.index.name, row), decode)
            except UnreadableSample as error:
                skipped.append(Skip(file=error.name, row=row, position=row, reason=error.reason))
                continue
            pixels = evaluation_pixels(image, self.preprocessing)
            images[len(readable)].copy_(torch.tensor(pixels).permute(2, 0, 1))
            readable.append(row)
        return _batch(self.index, images[: len(readable)], np.array(readable, np.int64), skipped)


def _batch(index: SampleIndex, images: Tensor, rows: NDArray[np.int64], skipped: list[Skip]) -> Batch:
    return Batch(images, torch.from_numpy(index.labels[rows]), torch.from_numpy(rows), tuple(skipped))


def columns_of(index: SampleIndex, names: tuple[str, ...], rows: NDArray[np.int64]) -> dict[str, Tensor]:
    """Give columns of an index at these rows, by name."""
    return {name: torch.from_numpy(index.columns[name][rows]) for name in names}


def _whole(batches: Iterable[Batch], slots: Slots | None = None) -> Iterator[Batch]:
    for number, batch in enumerate(batches):
        in_slot = slots is not None and slots.fits(len(batch.rows))
        images = slots.copy_out(number, len(batch.rows)) if slots is not None and in_slot else batch.images
        yield batch._replace(images=images, skipped=tuple(batch.skipped))  # pinning turns tuples into lists

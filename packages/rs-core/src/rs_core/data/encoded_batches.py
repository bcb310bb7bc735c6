"""Batches of training for a device that decodes: workers read files, parse headers and draw crops.

A crop is the one that a worker which decodes would draw, and so is the row that stands in for an unreadable one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from rs_core.data.crop import Box
from rs_core.data.decode import DecodeConfig, refuse_bomb
from rs_core.data.decode_crop import ChooseBox, decode_crop_into
from rs_core.data.hand_over import new_bytes, new_images
from rs_core.data.jpeg import is_plain, jpeg_size
from rs_core.data.loader import columns_of
from rs_core.data.order import Order
from rs_core.data.orientation import exif_orientation
from rs_core.data.skips import Skip
from rs_core.data.training_images import TrainingImages
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError

# A device shrinks by no more than 47, see ``resize_float_into``.
MAX_SHRINKING = 32

NO_BOX = Box(0, 0, 0, 0)


class EncodedBatch(NamedTuple):
    """Files for the device to decode, and the images of those that it cannot.

    ``data`` is uint8 [bytes], the files one after another; ``ends`` int64 [N], where each of them ends, so that of an
    image that is made already the file is empty; ``boxes`` int64 [N, 4], top, left, height and width of the crops.
    ``images`` is uint8 [made already, 3, side, side], in the order of their places. ``positions`` and ``attempts`` are
    int64 [N], see ``TrainingImages``; ``labels``, ``rows``, ``skipped`` and ``columns`` as in ``Batch``.
    """

    data: Tensor
    ends: Tensor
    boxes: Tensor
    images: Tensor
    positions: Tensor
    attempts: Tensor
    labels: Tensor
    rows: Tensor
    skipped: tuple[Skip, ...]
    columns: Mapping[str, Tensor]


def encoded_batches(
    images: TrainingImages,
    *,
    order: Order,
    parts: Sequence[range],
    resolution: int,
    num_workers: int,
    pin_memory: bool,
    decode: DecodeConfig,
    columns: tuple[str, ...] = (),
) -> Iterator[EncodedBatch]:
    """Yield a batch for each of ``parts``, which are positions of the stream ``order``; see ``train_batches``."""
    dataset = _EncodedBatches(
        images=images, order=order, parts=parts, resolution=resolution, decode=decode, columns=columns
    )
    for batch in make_in_workers(dataset, num_workers=num_workers, pin_memory=pin_memory):
        yield batch._replace(skipped=tuple(batch.skipped))  # pinning turns tuples into lists


@dataclass(frozen=True, kw_only=True, eq=False)
class _EncodedBatches(Dataset[EncodedBatch | UserError]):
    images: TrainingImages
    order: Order
    parts: Sequence[range]
    resolution: int
    decode: DecodeConfig
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, batch: int) -> EncodedBatch | UserError:
        try:
            return self._make(np.array(self.parts[batch]))
        except UserError as error:
            return error

    def _make(self, positions: NDArray[np.int64]) -> EncodedBatch:
        rows = self.order.rows_at(positions)
        attempts = np.zeros(len(rows), np.int64)
        files: list[bytes] = []
        boxes: list[Box] = []
        made: list[Tensor] = []
        skipped: list[Skip] = []
        index = self.images.index
        for place, encoded in enumerate(index.read_rows(rows)):
            rows[place], attempts[place], (data, box) = self.images.use(
                int(positions[place]), int(rows[place]), encoded, partial(self._leave_or_make, made), skipped
            )
            files.append(data)
            boxes.append(box)
        return EncodedBatch(
            data=_joined(files),
            ends=torch.tensor([len(data) for data in files], dtype=torch.int64).cumsum(0),
            boxes=torch.tensor(boxes, dtype=torch.int64).view(-1, 4),
            images=_stacked(made, self.resolution),
            positions=torch.from_numpy(positions),
            attempts=torch.from_numpy(attempts),
            labels=torch.from_numpy(index.labels[rows]),
            rows=torch.from_numpy(rows),
            skipped=tuple(skipped),
            columns=columns_of(index, self.columns, rows),
        )

    def _leave_or_make(
        self, made: list[Tensor], data: bytes, choose_box: ChooseBox, name: Callable[[], str]
    ) -> tuple[bytes, Box]:
        """Give the file and its crop to the device or, if it could not take it, append the image to ``made``."""
        if self._is_for_device(data):
            height, width = jpeg_size(data) or (0, 0)
            refuse_bomb(height, width, name)
            box = choose_box(height, width)
            if max(box.h, box.w) <= MAX_SHRINKING * self.resolution:
                return data, box
            choose_box = _chosen(box)
        image = torch.empty(3, self.resolution, self.resolution, dtype=torch.uint8)
        decode_crop_into(image, self.decode, data, choose_box, name)
        made.append(image)
        return b"", NO_BOX

    def _is_for_device(self, data: bytes) -> bool:
        if jpeg_size(data) is None or not is_plain(data):
            return False
        return not self.decode.apply_exif_orientation or exif_orientation(data) == 1


def _chosen(box: Box) -> ChooseBox:
    return lambda _height, _width: box


def _joined(files: Sequence[bytes]) -> Tensor:
    joined = new_bytes(sum(map(len, files)))
    view, start = joined.numpy(), 0
    for data in files:
        view[start : start + len(data)] = np.frombuffer(data, np.uint8)
        start += len(data)
    return joined


def _stacked(images: Sequence[Tensor], side: int) -> Tensor:
    stacked = new_images(len(images), side, torch.uint8)
    for place, image in enumerate(images):
        stacked[place] = image
    return stacked

"""Batches of images to label: always of the same rows and the same size, so that numbers never depend on the split.

A forward pass may compute an image differently in the last bit in a batch of another size. So batch ``b`` is rows
``b * batch_size`` and on, whoever makes it, and images that cannot be read or lie beyond the last row are zeros, whose
results are thrown away.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from rs_core.data.decode import DecodeConfig, decode_image
from rs_core.data.hand_over import new_images
from rs_core.data.index import SampleIndex
from rs_core.data.orientation import exif_orientation
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels
from rs_core.data.resize import Pixels, pixel_type
from rs_core.data.skips import UnreadableSample
from rs_core.data.training_images import or_raise
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError
from rs_semisup.label.hashes import content_hash, perceptual_hash


class LabelBatch(NamedTuple):
    """The images of some rows and what was found on the way to them.

    ``images`` is [batch_size, 3, resolution, resolution], uint8 or float32 as ``evaluation_pixels`` gives them, zeros
    where there is none. Of the ``n`` rows, from ``first_row``: ``content_hashes`` and ``perceptual_hashes``, uint64
    [n], 0 where there is none; ``has_bytes``, bool [n]; ``unreadable``, by row, why there is no image.
    """

    images: Tensor
    first_row: int
    content_hashes: Tensor
    has_bytes: Tensor
    perceptual_hashes: Tensor
    unreadable: Mapping[int, str]

    @property
    def rows(self) -> range:
        """The rows that it holds."""
        return range(self.first_row, self.first_row + len(self.has_bytes))


def label_batches(
    index: SampleIndex,
    *,
    order: Iterable[int],
    preprocessing: Preprocessing,
    batch_size: int,
    with_perceptual_hash: bool,
    num_workers: int,
    pin_memory: bool,
) -> Iterator[LabelBatch]:
    """Yield the batches whose numbers ``order`` gives, which is read while workers are at it; see ``make_in_workers``.

    An error of the index that concerns more than one sample is raised as ``UserError`` when its batch is reached.
    """
    dataset = _LabelBatches(
        index=index, preprocessing=preprocessing, batch_size=batch_size, with_perceptual_hash=with_perceptual_hash
    )
    return make_in_workers(dataset, order=order, num_workers=num_workers, pin_memory=pin_memory)


@dataclass(frozen=True, kw_only=True, eq=False)
class _LabelBatches(Dataset[LabelBatch | UserError]):
    index: SampleIndex
    preprocessing: Preprocessing
    batch_size: int
    with_perceptual_hash: bool

    def __len__(self) -> int:
        return len(range(len(self.index))[:: self.batch_size])

    def __getitem__(self, batch: int) -> LabelBatch | UserError:
        try:
            return self._make(range(len(self.index))[batch * self.batch_size : (batch + 1) * self.batch_size])
        except UserError as error:
            return error

    def _make(self, rows: range) -> LabelBatch:
        dtype = torch.uint8 if pixel_type(self.preprocessing.resize) is np.uint8 else torch.float32
        images = new_images(self.batch_size, self.preprocessing.resolution, dtype)
        images[len(rows) :] = 0
        content_hashes, perceptual_hashes = np.zeros((2, len(rows)), np.uint64)
        has_bytes = np.zeros(len(rows), np.bool_)
        unreadable: dict[int, str] = {}
        for place, encoded in enumerate(self.index.read_rows(np.array(rows))):
            try:
                data = or_raise(encoded)
                content_hashes[place], has_bytes[place] = content_hash(data), True
                pixels, perceptual_hashes[place] = self._decode(data, rows[place])
                images[place].copy_(torch.tensor(pixels).permute(2, 0, 1))
            except UnreadableSample as error:
                unreadable[rows[place]] = error.reason
                images[place] = 0
        return LabelBatch(
            images=images,
            first_row=rows.start,
            content_hashes=torch.from_numpy(content_hashes),
            has_bytes=torch.from_numpy(has_bytes),
            perceptual_hashes=torch.from_numpy(perceptual_hashes),
            unreadable=unreadable,
        )

    def _decode(self, data: bytes, row: int) -> tuple[Pixels, int]:
        """Give the pixels for the teacher, and the perceptual hash, or 0 if none is asked for."""
        name = partial(self.index.name, row)
        image = decode_image(data, name, DecodeConfig())
        # Of the image as it is stored: which way up a teacher wants it is no part of it.
        hashed = perceptual_hash(image) if self.with_perceptual_hash else 0
        if self.preprocessing.apply_exif_orientation and exif_orientation(data) != 1:
            image = decode_image(data, name, DecodeConfig(apply_exif_orientation=True))
        return evaluation_pixels(image, self.preprocessing), hashed

"""Training batches of clips: videos in, one tensor of pixels per batch out.

Workers open, decode, crop and resize, and open no video anywhere else: a reader that lives across a fork can hang. The
rest of the augmentation runs on the training device. One crop box holds for all frames of a clip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.hand_over import Slots, new_bytes
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order
from rs_core.data.replacements import use_readable
from rs_core.data.skips import Skip
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError
from rs_video.clips import ClipConfig, random_clip
from rs_video.data.resize import resize_into
from rs_video.decode import Decoder, open_video
from rs_video.index import video_source


class ClipBatch(NamedTuple):
    """Clips and what they are.

    ``clips`` is uint8 [N, 3, T, H, W] with channels last in memory. ``labels`` and ``rows`` are int64 [N]. ``skipped``
    are videos that could not be read, in whose places others stand.
    """

    clips: Tensor
    labels: Tensor
    rows: Tensor
    skipped: tuple[Skip, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClipInput:
    """How a training clip is cut out of a video.

    Args:
        clip: which frames.
        resolution: height and width in pixels.
        crop: how its box is drawn.
        decoder: what reads the files.
    """

    clip: ClipConfig
    resolution: int
    crop: RandomCropConfig
    decoder: Decoder = "auto"


def train_clips(
    index: SampleIndex,
    *,
    order: Order,
    parts: Sequence[range],
    clip_input: ClipInput,
    num_workers: int,
    pin_memory: bool = False,
) -> Iterator[ClipBatch]:
    """Yield batches of random clips: one for each of ``parts``, which are positions of the stream ``order``.

    Epochs follow each other without a gap, so a batch may straddle two. Video, first frame and crop at a position
    depend on (seed, position) alone: the stream is the same for any number of workers and wherever it is entered. With
    0 workers all work is done in the calling process, which must not start workers later on.

    In the place of a video that cannot be read stands one drawn from (seed, position, attempt); after
    ``rs_core.data.replacements.NUM_ATTEMPTS`` unreadable ones the stream ends with a ``UserError``. So it does at once
    with any other error of the index, when the batch is reached.
    """
    slots = None
    if num_workers and len(parts) and not pin_memory:  # to pin a batch copies it anyway, in a thread
        slots = ClipSlots(num_workers, len(parts[0]), clip_input)
    dataset = _TrainClips(index=index, order=order, parts=parts, clip_input=clip_input, slots=slots)
    for number, batch in enumerate(make_in_workers(dataset, num_workers=num_workers, pin_memory=pin_memory)):
        in_slot = slots is not None and slots.fits(len(batch.rows))
        clips = slots.copy_out(number, len(batch.rows)) if slots is not None and in_slot else batch.clips
        yield batch._replace(clips=clips, skipped=tuple(batch.skipped))  # pinning turns tuples into lists


class ClipSlots:
    """Memory for the batches of clips that are under way; see ``rs_core.data.hand_over.Slots``.

    New shared memory for each batch costs 5 ms a clip of 32 frames of 224 px, in page faults; resizing one takes 3.
    """

    def __init__(self, num_workers: int, batch_size: int, clip_input: ClipInput) -> None:
        self.num_frames, self.side = clip_input.clip.num_frames, clip_input.resolution
        self._slots = Slots(num_workers, batch_size * self.num_frames, self.side)

    def fits(self, count: int) -> bool:
        """Tell whether a batch of ``count`` clips goes through a slot."""
        return self._slots.fits(count * self.num_frames)

    def slot(self, number: int, count: int) -> Tensor:
        """Return where the ``count`` clips of a batch are, by the number of the batch: [count, T, side, side, 3]."""
        return self._clips(self._slots.slot(number, count * self.num_frames), count)

    def copy_out(self, number: int, count: int) -> Tensor:
        """Return the clips of a batch in memory of their own: [count, 3, T, side, side], channels last in memory."""
        return self._clips(self._slots.copy_out(number, count * self.num_frames), count).permute(0, 4, 1, 2, 3)

    def _clips(self, frames: Tensor, count: int) -> Tensor:
        return frames.view(count, self.num_frames, self.side, self.side, 3)


@dataclass(frozen=True, kw_only=True, eq=False)
class _TrainClips(Dataset[ClipBatch | UserError]):
    index: SampleIndex
    order: Order
    parts: Sequence[range]
    clip_input: ClipInput
    slots: ClipSlots | None

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, batch: int) -> ClipBatch | UserError:
        try:
            return self._make(batch, np.array(self.parts[batch]))
        except UserError as error:
            return error

    def _make(self, batch: int, positions: NDArray[np.int64]) -> ClipBatch:
        rows = self.order.rows_at(positions)
        side, num_frames = self.clip_input.resolution, self.clip_input.clip.num_frames
        in_slot = self.slots is not None and self.slots.fits(len(rows))
        if self.slots is not None and in_slot:
            clips = self.slots.slot(batch, len(rows))
        else:
            clips = new_bytes(len(rows) * num_frames * side * side * 3).view(len(rows), num_frames, side, side, 3)
        skipped: list[Skip] = []
        for place, position in enumerate(positions.tolist()):
            rows[place], _, _ = use_readable(
                seed=self.order.seed,
                position=position,
                row=int(rows[place]),
                num_rows=len(self.index),
                use=partial(self._cut_into, clips[place]),
                skipped=skipped,
            )
        labels = torch.from_numpy(self.index.labels[rows])
        handed_over = clips[:0] if in_slot else clips.permute(0, 4, 1, 2, 3)
        return ClipBatch(handed_over, labels, torch.from_numpy(rows), tuple(skipped))

    def _cut_into(self, out: Tensor, row: int, _attempt: int, rng: np.random.Generator) -> None:
        name = partial(self.index.name, row)
        with open_video(video_source(self.index, row), name, self.clip_input.decoder) as video:
            frames = video.read(random_clip(video.frame_times, self.clip_input.clip, rng))
        box = random_crop_box(frames.shape[1], frames.shape[2], self.clip_input.crop, rng)
        resize_into(frames[:, box.y : box.y + box.h, box.x : box.x + box.w], out)

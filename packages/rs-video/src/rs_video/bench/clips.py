"""How fast clips come out of the input pipeline, and where the time goes."""

import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from rs_core.cores import num_cores
from rs_core.data.crop import random_crop_box
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order, Parts
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError
from rs_video.clips import random_clip
from rs_video.data.clips import ClipInput, train_clips
from rs_video.data.resize import resize_into
from rs_video.decode import decoder_in_use, open_video
from rs_video.index import video_source

ENDLESS = 2**30


@dataclass(frozen=True, kw_only=True)
class ClipParts:
    """Where the time of a clip goes, in milliseconds of one core.

    Args:
        open: to open a video and find its frames.
        decode: to read the frames of a clip.
        resize: to crop and resize them.
    """

    open: float
    decode: float
    resize: float

    @property
    def share_of_decoder(self) -> float:
        """The rate of cropped clips over that of the bare decoder, which opens and decodes alone."""
        return (self.open + self.decode) / (self.open + self.decode + self.resize)

    @property
    def clips_per_second(self) -> float:
        """What one core makes."""
        return 1000 / (self.open + self.decode + self.resize)


@dataclass(frozen=True, kw_only=True)
class ClipSpeed:
    """What ``measure_clips`` found.

    Args:
        clips_per_second: cropped and resized, in batches, as the training step gets them.
        num_cores: that this process may use.
        num_workers: decoding processes.
        decoder: what reads the files.
        parts: where the time goes.
    """

    clips_per_second: float
    num_cores: int
    num_workers: int
    decoder: str
    parts: ClipParts

    def as_dict(self) -> dict[str, Any]:
        """Return all figures, those that follow from others too."""
        return {**asdict(self), "share_of_decoder": self.parts.share_of_decoder}


def measure_clips(
    index: SampleIndex, clip_input: ClipInput, *, num_workers: int, batch_size: int = 8, seconds: float = 10.0
) -> ClipSpeed:
    """Run the pipeline of training over videos for ``seconds``, after a start that does not count, and time its parts.

    Raises:
        UserError: no video can be read, or an index that no longer fits its files.
    """
    if not seconds > 0:
        raise UserError(f"seconds={seconds}: give a time above 0")
    # The workers first: a process that has decoded is best not forked.
    rate = stream_rate(index, clip_input, num_workers, batch_size, seconds)
    return ClipSpeed(
        clips_per_second=rate,
        num_cores=num_cores(),
        num_workers=num_workers,
        decoder=decoder_in_use(clip_input.decoder),
        parts=measure_parts(index, clip_input),
    )


def stream_rate(index: SampleIndex, clip_input: ClipInput, num_workers: int, batch_size: int, seconds: float) -> float:
    """Return clips per second between two moments at which all workers are busy."""
    batches = train_clips(
        index,
        order=Order(num_rows=len(index), seed=0),
        parts=Parts(first_position=0, num_batches=ENDLESS, batch_size=batch_size),
        clip_input=clip_input,
        num_workers=num_workers,
    )
    num_clips, start = 0, 0.0
    # What was made while the first batch was waited for must not count: two batches of each worker.
    for number, batch in enumerate(batches, start=-2 * num_workers - 1):
        if number < 0:
            start = time.monotonic()
            continue
        num_clips += len(batch.rows)
        if time.monotonic() - start >= seconds:
            break
    return num_clips / (time.monotonic() - start)


def measure_parts(index: SampleIndex, clip_input: ClipInput, num_videos: int = 32) -> ClipParts:
    """Time each part on up to ``num_videos`` videos spread over a data set, in the calling process; medians count.

    Raises:
        UserError: none of them can be read.
    """
    side = clip_input.resolution
    out = torch.empty(clip_input.clip.num_frames, side, side, 3, dtype=torch.uint8)
    times = []
    for row in np.linspace(0, len(index) - 1, min(num_videos, len(index))).astype(np.int64).tolist():
        rng = np.random.default_rng(row)
        start = time.perf_counter()
        try:
            with open_video(video_source(index, row), partial(index.name, row), clip_input.decoder) as video:
                wanted = random_clip(video.frame_times, clip_input.clip, rng)
                opened = time.perf_counter()
                frames = video.read(wanted)
                decoded = time.perf_counter()
        except UnreadableSample:
            continue
        box = random_crop_box(frames.shape[1], frames.shape[2], clip_input.crop, rng)
        resize_into(frames[:, box.y : box.y + box.h, box.x : box.x + box.w], out)
        times.append((opened - start, decoded - opened, time.perf_counter() - decoded))
    if not times:
        raise UserError(f"none of {min(num_videos, len(index))} videos can be read, such as {index.name(0)}")
    opening, decoding, resizing = 1000 * np.median(times, axis=0)
    return ClipParts(open=float(opening), decode=float(decoding), resize=float(resizing))

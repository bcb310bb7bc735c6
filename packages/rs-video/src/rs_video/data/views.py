"""The views of a video that evaluation averages over: clips spaced over its length, cropped along its long side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from rs_core.data.hand_over import new_bytes
from rs_core.data.index import SampleIndex
from rs_core.data.skips import Skip, UnreadableSample
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError
from rs_video.clips import ClipConfig, spaced_clips
from rs_video.data.resize import resize_short_side
from rs_video.decode import Decoder, open_video
from rs_video.index import video_source


@dataclass(frozen=True, kw_only=True)
class ViewConfig:
    """Which views evaluation averages over; the defaults are the 30 of the paper's figures.

    Args:
        num_clips: spaced evenly, the first at the start of the video and the last at its end.
        num_crops: squares spaced evenly along the long side; one is in the middle.
        short_side: pixels that the short side of the video is brought to.
        resolution: pixels a side of the crops.
    """

    num_clips: int = 10
    num_crops: int = 3
    short_side: int = 256
    resolution: int = 256

    def __post_init__(self) -> None:
        """Refuse impossible views with one line."""
        for name in ("num_clips", "num_crops", "resolution"):
            if getattr(self, name) < 1:
                raise UserError(f"views.{name}={getattr(self, name)}: give at least 1")
        if self.short_side < self.resolution:
            raise UserError(
                f"views.short_side={self.short_side} is smaller than views.resolution={self.resolution}: "
                "crops must fit into the frame"
            )

    @property
    def num_views(self) -> int:
        """Forward passes for each video."""
        return self.num_clips * self.num_crops


class VideoViews(NamedTuple):
    """All that the views of one video are cut from.

    ``frames`` is uint8 [F, H, W, 3], each frame that any view shows once; ``clips`` int64 [num_clips, T] says which of
    them; ``corners`` int64 [num_crops, 2] where the crops begin, y and x. All are empty where ``skipped`` says why the
    video could not be read. ``label`` is -1 where nobody said the class.
    """

    frames: Tensor
    clips: Tensor
    corners: Tensor
    label: int
    row: int
    skipped: Skip | None = None

    @property
    def num_views(self) -> int:
        """Clips times crops."""
        return len(self.clips) * len(self.corners)

    def cut(self, views: range, resolution: int) -> Tensor:
        """Give some views, clip by clip: uint8 [views, 3, T, resolution, resolution] with channels last in memory."""
        num_crops = len(self.corners)
        cut = []
        for view in views:
            y, x = self.corners[view % num_crops].tolist()
            cut.append(self.frames[self.clips[view // num_crops], y : y + resolution, x : x + resolution])
        return torch.stack(cut).permute(0, 4, 1, 2, 3)


def decode_views(
    source: Path | bytes, name: Callable[[], str], clip: ClipConfig, views: ViewConfig, decoder: Decoder = "auto"
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Decode what the views of a video show: the first three fields of ``VideoViews``.

    ``name`` gives what to call the video in a message.

    Raises:
        UnreadableSample: it is no video, or damaged.
    """
    with open_video(source, name, decoder) as video:
        clips = spaced_clips(video.frame_times, clip, views.num_clips)
        wanted, places = np.unique(clips, return_inverse=True)
        frames = resize_short_side(video.read(wanted), views.short_side)
    height, width = frames.shape[1:3]
    return frames, places.reshape(clips.shape), crop_corners(height, width, views)


def crop_corners(height: int, width: int, views: ViewConfig) -> NDArray[np.int64]:
    """Give where the crops of frames begin, y and x: int64 [num_crops, 2].

    Source: tensorflow/models:official/vision/ops/preprocess_ops_3d.py, which has three crops, or one.

    >>> crop_corners(256, 341, ViewConfig()).tolist()
    [[0, 0], [0, 42], [0, 85]]
    """
    room = max(height, width) - views.resolution
    along = np.array([room / 2]) if views.num_crops == 1 else np.linspace(0, room, views.num_crops)
    across = np.full(len(along), (min(height, width) - views.resolution) / 2)
    corners = np.stack([along, across] if height >= width else [across, along], axis=1)
    whole: NDArray[np.int64] = np.rint(corners).astype(np.int64)  # halves to even, as TensorFlow does: 42.5 becomes 42
    return whole


def eval_views(
    index: SampleIndex,
    *,
    rows: range,
    clip: ClipConfig,
    views: ViewConfig,
    num_workers: int,
    decoder: Decoder = "auto",
) -> Iterator[VideoViews]:
    """Yield each of ``rows`` once, in order; a video that cannot be read says so in ``skipped``.

    Any other error of the index is raised as ``UserError`` when its row is reached.
    """
    dataset = _EvalViews(index=index, rows=rows, clip=clip, views=views, decoder=decoder)
    return make_in_workers(dataset, num_workers=num_workers)


@dataclass(frozen=True, kw_only=True, eq=False)
class _EvalViews(Dataset[VideoViews | UserError]):
    index: SampleIndex
    rows: range
    clip: ClipConfig
    views: ViewConfig
    decoder: Decoder

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> VideoViews | UserError:
        row = self.rows[place]
        label = int(self.index.labels[row])
        try:
            source, name = video_source(self.index, row), partial(self.index.name, row)
            frames, clips, corners = decode_views(source, name, self.clip, self.views, self.decoder)
        except UnreadableSample as error:
            skip = Skip(file=error.name, row=row, position=row, reason=error.reason)
            nothing = torch.empty(0, 0, dtype=torch.int64)
            return VideoViews(torch.empty(0, dtype=torch.uint8), nothing, nothing, label, row, skip)
        except UserError as error:
            return error
        handed_over = new_bytes(frames.size).view(frames.shape)
        handed_over.copy_(torch.from_numpy(frames))
        return VideoViews(handed_over, torch.from_numpy(clips), torch.from_numpy(corners), label, row)

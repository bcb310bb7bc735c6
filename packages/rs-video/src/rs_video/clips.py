"""Which frames of a video make a clip: one at random in training, several evenly spaced in evaluation.

The rules are those of the released pipeline (tensorflow/models:official/vision/ops/preprocess_ops_3d.py,
``sample_sequence`` and ``sample_linspace_sequence``, as official/vision/dataloaders/video_input.py calls them). It
counts frames of the video itself: a clip of 32 frames with stride 2 lasts 2.1 s at 30 frames a second, 2.6 s at 25.
Two things differ: places of evenly spaced clips are whole-number divisions here, where 32-bit rounding makes the
released ones start a frame earlier now and then; and a variable frame rate, which the released pipeline does not see,
is evened out first: see ``even_steps``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError

# A frame that is shown just when a step is due must not be missed by rounding: it may be late by this share of the time
# between two frames.
BORDER = 1e-4


@dataclass(frozen=True, kw_only=True)
class ClipConfig:
    """What a clip consists of; the defaults are those of the released code.

    Args:
        num_frames: of a clip.
        frame_stride: steps from one frame of a clip to the next; 1 takes every frame.
        frames_per_second: at which steps are counted; 0 is the video's own rate. Set it where videos of different rates
            are mixed: frames are then left out or repeated.
    """

    num_frames: int = 32
    frame_stride: int = 2
    frames_per_second: float = 0.0

    def __post_init__(self) -> None:
        if self.num_frames < 1:
            raise UserError(f"clip num_frames {self.num_frames}: must be at least 1")
        if self.frame_stride < 1:
            raise UserError(f"clip frame_stride {self.frame_stride}: must be at least 1")
        if not 0 <= self.frames_per_second < np.inf:
            raise UserError(f"clip frames_per_second {self.frames_per_second}: must be 0 or a positive number")


def random_clip(frame_times: NDArray[np.float64], config: ClipConfig, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a clip that starts anywhere, each place with the same chance.

    A video that is long enough is never left at its end. A shorter one starts anywhere too, and is repeated from its
    beginning until the clip is full.

    Args:
        frame_times: when each frame is shown, in seconds, ascending; one at least.
        config: of the clip.
        rng: draws one number.

    Returns:
        Numbers of frames, of shape [num_frames].

    >>> random_clip(np.arange(3) / 30, ClipConfig(num_frames=5, frame_stride=1), np.random.default_rng(0))
    array([2, 0, 1, 2, 0])
    """
    steps = even_steps(frame_times, config.frames_per_second)
    last_start = len(steps) - 1 - (config.num_frames - 1) * config.frame_stride
    start = rng.integers(last_start + 1 if last_start >= 0 else len(steps))
    return steps[_clip_steps(np.array(start), config) % len(steps)]


def spaced_clips(frame_times: NDArray[np.float64], config: ClipConfig, num_clips: int) -> NDArray[np.int64]:
    """Spread clips evenly: the first starts the video, and the last ends it; a single one is its middle.

    The last clip leaves room for one more step, as in the released code. Clips of a video that is shorter are all
    alike, and repeat it.

    Args:
        frame_times: when each frame is shown, in seconds, ascending; one at least.
        config: of the clips.
        num_clips: how many; 10 in the released evaluation.

    Returns:
        Numbers of frames, of shape [num_clips, num_frames].

    >>> spaced_clips(np.arange(10) / 30, ClipConfig(num_frames=2, frame_stride=2), 3)
    array([[0, 2],
           [3, 5],
           [6, 8]])
    """
    if num_clips < 1:
        raise UserError(f"num_clips {num_clips}: must be at least 1")
    steps = even_steps(frame_times, config.frames_per_second)
    last_start = max(0, len(steps) - config.num_frames * config.frame_stride)
    starts = np.arange(num_clips) * last_start // (num_clips - 1) if num_clips > 1 else np.array([last_start // 2])
    return steps[_clip_steps(starts, config) % len(steps)]


def _clip_steps(starts: NDArray[np.int64], config: ClipConfig) -> NDArray[np.int64]:
    return starts[..., None] + np.arange(config.num_frames) * config.frame_stride


def even_steps(frame_times: NDArray[np.float64], frames_per_second: float = 0.0) -> NDArray[np.int64]:
    """Walk through a video in even steps of time: each shows the frame that is on screen then.

    A video has a constant rate if every frame is shown less than half a mean frame time off its place on an even grid;
    it then counts as shown on that grid. So at its own rate such a video is walked frame by frame, even if its times
    are rounded to milliseconds. Any other has a variable rate, and is walked at its mean rate.

    Args:
        frame_times: when each frame is shown, in seconds, ascending; one at least.
        frames_per_second: steps a second; 0 is the video's mean rate.

    Returns:
        Number of the frame at each step, as many as fit into the video.

    >>> even_steps(np.array([0.0, 0.1, 0.2, 0.9]))  # 0.3 s a step
    array([0, 2, 2, 3])
    >>> even_steps(np.arange(6) / 30, frames_per_second=15)
    array([0, 2, 4])
    """
    num_frames = len(frame_times)
    if num_frames == 1:
        return np.zeros(1, np.int64)
    mean = (frame_times[-1] - frame_times[0]) / (num_frames - 1)
    times, grid = frame_times - frame_times[0], np.arange(num_frames) * mean
    if (np.abs(times - grid) < mean / 2).all():
        times = grid
    step = 1 / frames_per_second if frames_per_second else mean
    num_steps = max(1, int(np.ceil(num_frames * mean / step - BORDER)))
    numbers: NDArray[np.int64] = np.searchsorted(times, np.arange(num_steps) * step + BORDER * mean, side="right") - 1
    return numbers

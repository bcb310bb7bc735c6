"""pytorchvideo's clip samplers, which speak of seconds, choosing frames for our readers, which speak of numbers."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rs_core.errors import UserError

# A clip that starts with a frame by whole numbers may miss it by rounding: of the frame's time, or of a duration such
# as 0.6, where pytorchvideo's own reader does miss it unless it is given Fraction(3, 5). A stream's tick is longer.
TOLERANCE_S = 1e-6


class ClipSampler(Protocol):
    """What ``pytorchvideo.data.make_clip_sampler`` builds: ``random``, ``uniform``, ``constant_clips_per_video``, …

    A call gives ``(start, end, clip_index, aug_index, is_last_clip)``, the times in seconds; the ones that choose
    several clips at a time give a list in place of each.
    """

    def __call__(self, last_clip_time: Any, video_duration: Any, annotation: dict[str, Any]) -> tuple[Any, ...]:
        """Choose a clip, given where the last one ended (0 for the first) and the length of the video in seconds."""
        ...

    def reset(self) -> None:
        """Forget the video."""
        ...


def sample_clips(
    sampler: ClipSampler,
    frame_times: NDArray[np.float64],
    num_frames: int,
    rng: np.random.Generator,
    *,
    duration: float | None = None,
    annotation: Mapping[str, Any] | None = None,
) -> NDArray[np.int64]:
    """Let a sampler of pytorchvideo choose all its clips of a video, as frame numbers for ``VideoReader.read``.

    A clip is ``num_frames`` of the frames in [start, end), evenly spaced as ``UniformTemporalSubsample`` does it:
    the first and the last of them always, some twice if there are fewer. If no frame starts within a clip, it is the
    one that is on the screen as it starts.

    The samplers draw from Python's global ``random``. Here it is seeded from ``rng`` and put back, so clips depend on
    ``rng`` alone.

    >>> from pytorchvideo.data import make_clip_sampler
    >>> sampler = make_clip_sampler("uniform", 1)
    >>> sample_clips(sampler, np.arange(50) / 25, 4, np.random.default_rng(0))
    array([[ 0,  8, 16, 24],
           [25, 33, 41, 49]])

    Args:
        sampler: what chooses.
        frame_times: when each frame is shown, in seconds after the first, ascending.
        num_frames: frames of a clip.
        rng: of samplers that draw.
        duration: length of the video in seconds; if not given, the last frame is shown for as long as the others on
            average.
        annotation: what the sampler is told of the video.

    Returns:
        Frame numbers of shape [clips, num_frames].

    Raises:
        UserError: a video without frames, or a clip without.
    """
    if len(frame_times) < 1 or num_frames < 1:
        raise UserError(f"{num_frames} frames of a video of {len(frame_times)}: give at least one")
    length = _length(frame_times) if duration is None else duration
    with _python_random_seeded_from(rng):
        clips = [
            _frames_between(frame_times, float(start), float(end), num_frames)
            for start, end in _all_clips(sampler, length, dict(annotation or {}))
        ]
    return np.stack(clips)


def _length(frame_times: NDArray[np.float64]) -> float:
    """Give the seconds of a video whose last frame is shown for as long as the others on average."""
    last = float(frame_times[-1])
    return last + last / max(len(frame_times) - 1, 1)


def _all_clips(sampler: ClipSampler, length: float, annotation: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield start and end of every clip, calling the sampler as pytorchvideo's data set does."""
    sampler.reset()
    end, is_last = 0.0, False
    while not is_last:
        start, end, _, _, is_last = sampler(end, length, annotation)
        if isinstance(start, list):
            yield from zip(start, end, strict=True)
            end, is_last = end[-1], is_last[-1]
        else:
            yield start, end
    sampler.reset()


def _frames_between(frame_times: NDArray[np.float64], start: float, end: float, num_frames: int) -> NDArray[np.int64]:
    """Give ``num_frames`` of the frames in [start, end), evenly spaced and rounded down."""
    first, stop = np.searchsorted(frame_times, np.array([start, end]) - TOLERANCE_S).tolist()
    if first >= stop:
        on_screen = max(first - 1, 0)
        return np.full(num_frames, on_screen, np.int64)
    # In 32 bits, as pytorchvideo does it, a place may round to the frame before.
    places = torch.linspace(0, stop - first - 1, num_frames).long().numpy()
    return np.asarray(first + places, np.int64)


@contextmanager
def _python_random_seeded_from(rng: np.random.Generator) -> Iterator[None]:
    state = random.getstate()
    random.seed(int(rng.integers(2**63)))
    try:
        yield
    finally:
        random.setstate(state)

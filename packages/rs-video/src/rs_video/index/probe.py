"""What a video is, and whether it can be decoded at both ends.

PyAV in a process makes its later forks hang, so this runs in processes of its own: ``rs_video.index.guarded``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from rs_video.decode.container import open_container
from rs_video.decode.damaged import AV_ERRORS, BadVideo, as_unreadable
from rs_video.decode.open_video import open_video

Check = Literal["first", "ends", "all"]

# Of what the header promises, in seconds and as a share: a file that ends earlier was cut off.
MISSING_S, MISSING_SHARE = 0.1, 0.02

# Frames decoded at a time where all are.
CHUNK = 32


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What is known of a video.

    Args:
        num_frames: that are shown.
        frame_rate: mean frames per second; of a single frame what the header says, 0 if it says nothing.
        duration: seconds from the start of the first frame to the end of the last, 0 where the rate is.
        height: pixels, upright.
        width: pixels, upright.
        variable_frame_rate: some frame is shown more than half a frame's time away from where the mean rate puts it.
    """

    num_frames: int
    frame_rate: float
    duration: float
    height: int
    width: int
    variable_frame_rate: bool


def probe_video(path: str, check: Check = "ends") -> VideoFacts:
    """Read the packets of a local file and decode some of its frames, as training will.

    Args:
        path: of the file.
        check: what to decode: the ``first`` frame, that and the last (``ends``), or ``all``.

    Raises:
        UnreadableSample: the file is empty, cut off, no video, or damaged where it was decoded.
    """
    with as_unreadable(lambda: path, AV_ERRORS):
        header_rate = read_header(path)
    with open_video(Path(path), lambda: path, "pyav") as reader:
        times = reader.frame_times
        for frames in frames_to_decode(len(times), check):
            pictures = reader.read(frames)
    rate = float((len(times) - 1) / times[-1]) if len(times) > 1 else header_rate
    return VideoFacts(
        num_frames=len(times),
        frame_rate=rate,
        duration=len(times) / rate if rate else 0.0,
        height=pictures.shape[1],
        width=pictures.shape[2],
        variable_frame_rate=has_variable_rate(times),
    )


def read_header(path: str) -> float:
    """Give the frames per second that a header promises, or 0, of a file that is not cut off.

    Raises:
        BadVideo, or one of ``AV_ERRORS``: it is empty, cut off, or no video.
    """
    if Path(path).stat().st_size == 0:
        raise BadVideo("empty (0 bytes)")
    container, stream = open_container(Path(path))
    with container:
        # Of other kinds, the packet where the file is cut off is marked as damaged.
        if "matroska" in container.format.name:
            refuse_cut_off(container)
        return float(stream.average_rate or 0)


def refuse_cut_off(container: InputContainer) -> None:
    """Raise ``BadVideo`` if all streams of a file end before its header says."""
    if container.duration is None:
        return
    ends = [
        (packet.pts + (packet.duration or 0)) * packet.time_base
        for packet in container.demux()
        if packet.size and packet.pts is not None and packet.time_base is not None
    ]
    promised = container.duration / av.time_base
    there = float(max(ends, default=Fraction(0))) - (container.start_time or 0) / av.time_base
    if promised - there > max(MISSING_S, MISSING_SHARE * promised):
        raise BadVideo(f"cut off: {there:.1f} of {promised:.1f} s are there")


def frames_to_decode(num_frames: int, check: Check) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of frames to decode, a few at a time.

    >>> [frames.tolist() for frames in frames_to_decode(5, "ends")]
    [[0, 4]]
    """
    if check == "all":
        for first in range(0, num_frames, CHUNK):
            yield np.arange(first, min(first + CHUNK, num_frames))
    else:
        yield np.array([0, num_frames - 1] if check == "ends" else [0])


def has_variable_rate(times: NDArray[np.float64]) -> bool:
    """Say whether frames by number and frames by time differ by more than half a frame somewhere.

    >>> has_variable_rate(np.array([0.0, 0.04, 0.08, 0.12])), has_variable_rate(np.array([0.0, 0.04, 0.08, 0.5]))
    (False, True)
    """
    regular = np.linspace(0.0, times[-1], len(times))
    interval = times[-1] / max(len(times) - 1, 1)
    return bool(np.any(np.abs(times - regular) > interval / 2))

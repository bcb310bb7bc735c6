"""What a video is, from its packets, and whether it can be decoded at both ends.

PyAV in a process makes its later forks hang, so this runs in processes of its own: ``rs_video.index.guarded``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from rs_core.data.index.storage import reason_of
from rs_core.data.skips import UnreadableSample

Check = Literal["first", "ends", "all"]

# Of what the header promises, in seconds and as a share: a file that ends earlier was cut off.
MISSING_S, MISSING_SHARE = 0.1, 0.02

ADVICE = "replace or remove the file"


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What is known of a video without decoding it whole.

    Args:
        num_frames: that are shown.
        frame_rate: mean frames per second.
        duration: seconds from the start of the first frame to the end of the last.
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
    """Read the packets of a local file and decode some of its frames.

    Args:
        path: of the file.
        check: what to decode: the ``first`` frame, that and all from the last key frame on (``ends``), or ``all``.

    Raises:
        UnreadableSample: the file is empty, cut off, no video, or damaged where it was decoded.
    """
    if size_of(path) == 0:
        raise unreadable(path, "is empty (0 bytes)")
    with opened(path) as (container, stream), damage(path, "its packets cannot be read"):
        packets = _read_packets(path, container, stream)
    with damage(path, "it cannot be decoded"):
        frame = _decode(path, packets, check)
    sideways = frame.rotation % 180 == 90
    return VideoFacts(
        num_frames=len(packets.times),
        frame_rate=packets.frame_rate,
        duration=packets.duration,
        height=frame.width if sideways else frame.height,
        width=frame.height if sideways else frame.width,
        variable_frame_rate=has_variable_rate(packets.times),
    )


def unreadable(path: str, reason: str) -> UnreadableSample:
    """Say what is wrong with a file."""
    return UnreadableSample(path, reason, ADVICE)


def size_of(path: str) -> int:
    """Give the size of a local file in bytes; ``UnreadableSample`` if it cannot be looked at."""
    try:
        return Path(path).stat().st_size
    except OSError as error:
        raise unreadable(path, f"cannot be read ({reason_of(error)})") from error


@contextmanager
def opened(path: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a local file and give its stream of moving pictures, to be decoded by one thread.

    Raises:
        UnreadableSample: it is no video that FFmpeg knows, or has sound alone.
    """
    try:
        container = av.open(path)
    except (av.FFmpegError, OSError) as error:
        # FFmpeg calls it invalid data, which PyAV makes a ValueError, when it finds nothing that it knows.
        unknown = isinstance(error, ValueError)
        what = "is no video, or cut off where it says what is in it" if unknown else "cannot be read"
        raise unreadable(path, f"{what} ({described(error)})") from error
    with container:
        stream = picture_stream(path, container)
        stream.codec_context.thread_count = 1
        yield container, stream


@contextmanager
def damage(path: str, what: str) -> Iterator[None]:
    """Turn what FFmpeg says of a stream into an ``UnreadableSample``."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise unreadable(path, f"is damaged: {what} ({described(error)})") from error


def described(error: Exception) -> str:
    """Say in a few words what FFmpeg or the system said."""
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def picture_stream(path: str, container: InputContainer) -> VideoStream:
    """Give the first stream of moving pictures; the cover of an album is none.

    Raises:
        UnreadableSample: there is none.
    """
    cover = av.stream.Disposition.attached_pic
    for stream in container.streams.video:
        if not stream.disposition & cover:
            return stream
    raise unreadable(path, "has sound but no video" if container.streams.audio else "has no video")


@dataclass(frozen=True)
class _Packets:
    """The frames that will be shown: times in seconds after the first, ascending, and the key frames' time stamps."""

    times: NDArray[np.float64]
    frame_rate: float
    duration: float
    key_pts: list[int]


def _read_packets(path: str, container: InputContainer, stream: VideoStream) -> _Packets:
    pts: list[int] = []
    key_pts: list[int] = []
    last_duration = 0
    end = Fraction(0)
    corrupt = False
    for packet in container.demux():
        time = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or time is None or packet.time_base is None:
            continue
        end = max(end, (time + (packet.duration or 0)) * packet.time_base)
        if packet.stream.index != stream.index:
            continue
        corrupt |= packet.is_corrupt
        if not packet.is_discard:
            pts.append(time)
            last_duration = packet.duration or 0
            if packet.is_keyframe:
                key_pts.append(time)
    if not pts or stream.time_base is None:
        raise unreadable(path, "has no frames")
    _refuse_cut_off(path, container, end, corrupt=corrupt)
    times: NDArray[np.float64] = np.sort(np.array(pts, np.float64) - min(pts)) * float(stream.time_base)
    rate = _frame_rate(stream, times, last_duration * stream.time_base)
    return _Packets(times, rate, len(times) / rate if rate else 0.0, key_pts)


def _refuse_cut_off(path: str, container: InputContainer, end: Fraction, *, corrupt: bool) -> None:
    """Refuse a file that lacks its end: its last packet is a part of one, or it stops before its header says."""
    if corrupt:
        raise unreadable(path, "is cut off or damaged")
    if "matroska" not in container.format.name or container.duration is None:
        return
    start = (container.start_time or 0) / av.time_base
    promised = container.duration / av.time_base
    if promised - (float(end) - start) > max(MISSING_S, MISSING_SHARE * promised):
        raise unreadable(path, f"is cut off: {float(end) - start:.1f} of {promised:.1f} s are there")


def _frame_rate(stream: VideoStream, times: NDArray[np.float64], last_duration: Fraction) -> float:
    """Give the mean rate; of one frame what its duration or else the header says, 0 if neither does."""
    if times[-1] > 0:
        return float((len(times) - 1) / times[-1])
    if last_duration > 0:
        return float(1 / last_duration)
    return float(stream.average_rate or 0)


def has_variable_rate(times: NDArray[np.float64]) -> bool:
    """Say whether frames by number and frames by time differ by more than half a frame somewhere.

    >>> has_variable_rate(np.array([0.0, 0.04, 0.08, 0.12])), has_variable_rate(np.array([0.0, 0.04, 0.08, 0.5]))
    (False, True)
    """
    regular = np.linspace(0.0, times[-1], len(times))
    interval = times[-1] / max(len(times) - 1, 1)
    return bool(np.any(np.abs(times - regular) > interval / 2))


def _decode(path: str, packets: _Packets, check: Check) -> VideoFrame:
    """Decode what is to be checked, and give the first frame."""
    # Opened anew, not sought: some files cannot be sought back to their start.
    with opened(path) as (container, stream):
        frames = container.decode(stream)
        first = next(frames, None)
        if first is None:
            raise unreadable(path, "is damaged: no frame of it can be decoded")
        if check == "first":
            return first
        if check == "all" or len(packets.key_pts) <= 1:
            num_decoded = 1 + sum(1 for _ in frames)
            if num_decoded < len(packets.times):
                raise unreadable(path, f"is damaged: {num_decoded} of {len(packets.times)} frames can be decoded")
            return first
        container.seek(packets.key_pts[-1], stream=stream)
        if sum(1 for _ in container.decode(stream)):
            return first
    # It cannot be sought to its last key frame, as some transport streams: the way there is from the start.
    return _decode(path, packets, "all")

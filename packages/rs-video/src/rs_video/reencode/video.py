"""Writing one video anew: smaller pictures, upright, with key frames close together.

PyAV in a process makes its later forks hang, so this runs in processes of its own: ``rs_video.index.guarded``.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av import VideoFrame, VideoStream
from av.container import InputContainer

from rs_core.errors import UserError
from rs_video.decode.container import open_container
from rs_video.decode.damaged import AV_ERRORS, BadVideo, as_unreadable
from rs_video.decode.frame_list import FrameList, list_frames
from rs_video.index.probe import read_header
from rs_video.reencode.config import ReencodeConfig
from rs_video.reencode.pictures import PictureWriter

# What says where frames are stands in front, so that a reader over the network need not go to the end first.
CONTAINER_OPTIONS = {"movflags": "+faststart"}

# A disk that is full, or a folder that cannot be written, is no fault of the video.
STORAGE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}


@dataclass(frozen=True)
class Sizes:
    """Bytes of a video before and after, and how many frames it has."""

    before: int
    after: int
    num_frames: int


def reencode_video(source: Path, target: Path, config: ReencodeConfig) -> Sizes:
    """Write the pictures of a video as H.264 in 4:2:0 of 8 bits, in mp4, without sound.

    All frames keep their times and their order; a rotation that the file asks for is applied. ``target`` is whole or
    absent; its folder is made.

    Raises:
        UnreadableSample: the source cannot be decoded to its end.
        UserError: the target cannot be written.
    """
    partial = partial_file(target)
    with storage(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with as_unreadable(lambda: str(source), AV_ERRORS):
            read_header(str(source))
            with storage(target):
                num_frames = _transcode(source, partial, config)
            before = source.stat().st_size
        with storage(target):
            partial.replace(target)
            return Sizes(before, target.stat().st_size, num_frames)
    finally:
        partial.unlink(missing_ok=True)


def partial_file(target: Path) -> Path:
    """Give where a video is while it is being written; what a kill leaves there is written over by the next call."""
    return target.with_name(f".{target.name}.partial")


@contextmanager
def storage(target: Path) -> Iterator[None]:
    """Turn an error of writing, which is no fault of the video, into a ``UserError``; let others pass."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        if error.errno not in STORAGE_ERRORS:
            raise
        raise UserError(f"cannot write {target}: {error.strerror}; make room or choose another folder") from error


def _transcode(source: Path, target: Path, config: ReencodeConfig) -> int:
    """Write all frames of a video and count them; what is raised is as ``open_container`` raises it."""
    container, stream = open_container(source)
    with container:
        frame_list = list_frames(container, stream)
    container, stream = open_container(source)
    with container, av.open(str(target), "w", format="mp4", options=CONTAINER_OPTIONS) as written:
        pictures = None
        for pts, frame in _shown_frames(container, stream, frame_list):
            if pictures is None:
                pictures = PictureWriter(written, stream, frame, config)
            pictures.write(frame, pts - int(frame_list.pts[0]))
        if pictures is not None:
            pictures.finish()
    return len(frame_list)


def _shown_frames(
    container: InputContainer, stream: VideoStream, frame_list: FrameList
) -> Iterator[tuple[int, VideoFrame]]:
    """Decode a video from its start and yield all frames of the list with their times, in the stream's time base."""
    waiting = set(frame_list.pts.tolist())
    for frame in container.decode(stream):
        pts = frame.pts
        if pts is None or pts not in waiting:
            continue
        if frame.is_corrupt:
            raise BadVideo(f"frame {np.searchsorted(frame_list.pts, pts)} is damaged")
        waiting.remove(pts)
        yield pts, frame
    if waiting:
        raise BadVideo(f"{len(waiting)} of {len(frame_list)} frames cannot be decoded")

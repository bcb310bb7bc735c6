"""Opening a file with PyAV as far as its first stream of moving pictures."""

import io
from pathlib import Path

import av
from av import VideoStream
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition

from rs_video.decode.damaged import BadVideo
from rs_video.decode.frame_list import REMUX

# FFmpeg's names. Anything else that FFmpeg opens is a picture, a list of other files, a text, or a bare stream without
# times. GIFs are videos.
CONTAINERS = ("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "gif")

# A list of other files inside a file must not make a worker fetch them.
OPTIONS = {"protocol_whitelist": "file"}


def open_container(source: bytes | Path) -> tuple[InputContainer, VideoStream]:
    """Open a video for decoding in this thread.

    Raises:
        BadVideo: it is no video, or one whose frames cannot be told apart.
    """
    # FFmpeg takes what comes before a colon for a protocol, but not in an absolute path.
    file = io.BytesIO(source) if isinstance(source, bytes) else str(source.absolute())
    container = av.open(file, mode="r", options=OPTIONS)
    try:
        stream = picture_stream(container)
    except BadVideo:
        container.close()
        raise
    # Threads of FFmpeg do not survive a fork, and a worker is a thread already.
    stream.thread_type = ThreadType.NONE
    stream.codec_context.thread_count = 1
    return container, stream


def picture_stream(container: InputContainer) -> VideoStream:
    """Return the first stream of moving pictures; the cover of a song is none."""
    kind = container.format.name
    if kind.split(",")[0] not in CONTAINERS:
        raise BadVideo(f"not a video but what FFmpeg calls {kind}")
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise BadVideo("FFmpeg does not know its codec")
            # AVI keeps the order of storing only, and PyAV's guess of the other is wrong for these codecs.
            if kind == "avi" and stream.codec_context.name in ("h264", "hevc") and stream.codec_context.has_b_frames:
                raise BadVideo("H.264 with B-frames in AVI does not say when frames are shown", REMUX)
            return stream
    kinds = sorted({stream.type for stream in container.streams})
    raise BadVideo(f"no video in it, only {' and '.join(kinds)}" if kinds else "no video in it")

"""Videos whose pictures show their own numbers."""

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from rs_video.decode import available_decoders

SHARED = Path(__file__).parents[5] / "shared"

HEIGHT, WIDTH, NUM_BITS = 48, 64, 8
DIGITS = slice(16, 32)  # rows that show the number


@pytest.fixture(scope="session")
def shared_videos() -> Path:
    """The folder of real videos that stands beside a checkout, not in it."""
    if not (SHARED / "data" / "video_misc").is_dir():
        pytest.skip(f"no real videos in {SHARED}")
    return SHARED / "data"


@pytest.fixture(params=["pyav", "torchcodec", "decord", "pytorchvideo"])
def decoder(request: pytest.FixtureRequest) -> str:
    """Each decoder that can be used here."""
    if problem := available_decoders()[request.param]:
        pytest.skip(problem)
    return str(request.param)


class Kind(NamedTuple):
    """How a video is made.

    Args:
        codec: of PyAV.
        container: of FFmpeg.
        options: of the codec.
        pts: when frames are shown, in 30ths of a second.
        size: height and width.
        pix_fmt: FFmpeg's.
        rotation: that the file asks for.
    """

    codec: str = "libx264"
    container: str = "mp4"
    options: Mapping[str, str] = MappingProxyType({})
    pts: Sequence[int] = range(40)
    size: tuple[int, int] = (HEIGHT, WIDTH)
    pix_fmt: str = "yuv420p"
    rotation: int = 0


X264 = "scenecut=0:bframes=3:b-adapt=0:log-level=none:"
KINDS = {
    "one group": Kind(options={"x264-params": X264 + "keyint=250"}),
    "groups of 12": Kind(options={"x264-params": X264 + "keyint=12"}),
    "key frames only": Kind(options={"x264-params": X264 + "keyint=1"}),
    "no B-frames": Kind(options={"x264-params": "scenecut=0:bframes=0:keyint=12:log-level=none"}),
    "open groups": Kind(options={"x264-params": X264 + "keyint=12:open-gop=1"}),
    "open groups, mkv": Kind(container="matroska", options={"x264-params": X264 + "keyint=12:open-gop=1"}),
    "refreshed in strips": Kind(container="matroska", options={"x264-params": X264 + "keyint=12:intra-refresh=1"}),
    "transport stream": Kind(container="mpegts", options={"x264-params": X264 + "keyint=12"}),
    "variable rate": Kind(options={"x264-params": X264 + "keyint=12"}, pts=[n * n // 4 + n for n in range(40)]),
    "variable rate, mkv": Kind(container="matroska", pts=[n * n // 4 + n for n in range(40)]),
    "edit list": Kind(options={"x264-params": X264 + "keyint=12"}, pts=range(-7, 33)),
    "late start": Kind(container="matroska", pts=range(100, 140)),
    "one frame": Kind(pts=range(1)),
    "HEVC, open groups": Kind(codec="libx265", options={"x265-params": "log-level=none:keyint=12:open-gop=1"}),
    "AV1": Kind(codec="libsvtav1", size=(96, 128)),
    "VP8": Kind(codec="libvpx", container="webm", options={"auto-alt-ref": "1", "lag-in-frames": "16", "g": "12"}),
    "VP9": Kind(codec="libvpx-vp9", container="webm", options={"lag-in-frames": "16", "g": "12"}),
    "MPEG-4 in AVI": Kind(codec="mpeg4", container="avi", options={"g": "12"}),
    "MPEG-4 in AVI, B-frames": Kind(codec="mpeg4", container="avi", options={"g": "12", "bf": "2"}),
    "MPEG-2": Kind(codec="mpeg2video", container="mpegts", options={"g": "12", "bf": "2"}),
    "10 bits": Kind(pix_fmt="yuv420p10le"),
    "4:2:2": Kind(pix_fmt="yuv422p"),
    "odd height": Kind(codec="libvpx-vp9", container="webm", size=(51, 65)),
    "full range": Kind(pix_fmt="yuvj420p"),
    "turned by 90": Kind(size=(64, 128), rotation=90),
    "turned by 180": Kind(size=(64, 128), rotation=180),
    "turned by 270": Kind(size=(64, 128), rotation=-90),
}


@pytest.fixture(scope="session")
def make_video() -> Callable[[str], bytes]:
    """Gives the bytes of a video of ``KINDS``."""
    made: dict[str, bytes] = {}

    def make(name: str) -> bytes:
        if name not in made:
            made[name] = write_video(KINDS[name])
        return made[name]

    return make


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def write_video(kind: Kind) -> bytes:
    """Encode pictures of moving noise, each with its number in stripes of black and white."""
    file = io.BytesIO()
    rng = np.random.default_rng(0)
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    noise = rng.integers(30, 160, (*kind.size, 3))
    with av.open(file, "w", format=kind.container) as container:
        stream = container.add_stream(kind.codec, rate=30, options=dict(kind.options))
        stream.height, stream.width = kind.size
        stream.pix_fmt = kind.pix_fmt
        stream.thread_count = 1
        if kind.rotation:
            stream.set_display_rotation(kind.rotation)
        for number, pts in enumerate(kind.pts):
            picture = (np.roll(noise, 3 * number, 1) + rng.integers(0, 20, noise.shape)).astype(np.uint8)
            stripe = kind.size[1] // NUM_BITS
            for bit in range(NUM_BITS):
                picture[DIGITS, bit * stripe : (bit + 1) * stripe] = 255 * (number >> bit & 1)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = pts
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    # Of the superuser, SVT-AV1 makes the thread that calls it go before all others of the machine.
    os.sched_setscheduler(0, policy, parameters)
    return file.getvalue()


@pytest.fixture(scope="session")
def number_shown() -> Callable[[NDArray[np.uint8]], int]:
    """Reads the number off an upright picture."""

    def read(picture: NDArray[np.uint8]) -> int:
        stripe = picture.shape[1] // NUM_BITS
        middles = picture[DIGITS.start + 8, stripe // 2 :: stripe].mean(axis=-1)[:NUM_BITS]
        return sum(int(middle > 128) << bit for bit, middle in enumerate(middles))

    return read


@pytest.fixture(scope="session")
def all_frames() -> Callable[[bytes], NDArray[np.uint8]]:
    """Decodes a video from end to end with PyAV and FFmpeg's own conversion, without any of ours."""

    def decode(data: bytes) -> NDArray[np.uint8]:
        return np.stack(list(decoded(data)))

    return decode


def decoded(data: bytes) -> Iterator[NDArray[np.uint8]]:
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        graph = av.filter.Graph()
        graph.threads = 1
        nodes = [graph.add_buffer(template=stream), graph.add("scale", "flags=bicubic"), graph.add("format", "rgb24")]
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        for frame in container.decode(stream):
            graph.push(frame)
            yield np.rot90(graph.pull().to_ndarray(), frame.rotation // 90)

"""Small videos, good and bad, and refusals."""

import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

WriteVideo = Callable[..., Path]


def encode(path: Path, times_ms: Sequence[int], *, codec: str, gop: int, width: int, height: int, faststart: bool):
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25, options={"g": str(gop)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        noise = np.random.default_rng(0).integers(0, 255, (len(times_ms), height, width, 3), np.uint8)
        for picture, time_ms in zip(noise, times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def encode_sound(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def write_video(tmp_path_factory) -> WriteVideo:
    """Write a video of noise: frames at times in milliseconds, or so many of 40 ms each."""
    # Equal ones are encoded once.
    made: dict[tuple, Path] = {}
    store = tmp_path_factory.mktemp("videos")

    def write(path, frames=10, *, codec="libx264", gop=5, width=64, height=48, container="", faststart=False) -> Path:
        suffix = container or Path(path).suffix
        times = tuple(range(0, 40 * frames, 40)) if isinstance(frames, int) else tuple(frames)
        key = (times, codec, gop, width, height, suffix, faststart)
        if key not in made:
            made[key] = store / f"{len(made)}{suffix}"
            encode(made[key], times, codec=codec, gop=gop, width=width, height=height, faststart=faststart)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made[key], path)
        return Path(path)

    return write


@pytest.fixture(scope="session")
def write_sound() -> Callable[[Path], None]:
    """Write a file with sound alone."""
    return encode_sound


@pytest.fixture
def class_folder(tmp_path, write_video) -> Path:
    """A folder of two classes with two good videos each."""
    for name in ("jump/a.mp4", "jump/b.mp4", "run/more/c.mp4", "run/d.mkv"):
        write_video(tmp_path / "videos" / name)
    return tmp_path / "videos"

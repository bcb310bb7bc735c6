"""Small videos and refusals."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from rs_video.decode import open_video


def smooth(num_frames: int, height: int, width: int) -> NDArray[np.uint8]:
    """Pictures that go from dark to light and from left to right."""
    across = np.linspace(0, 120, width)[None, None, :, None]
    in_time = np.linspace(0, 120, num_frames)[:, None, None, None]
    return np.broadcast_to(across + in_time, (num_frames, height, width, 3)).astype(np.uint8)


@pytest.fixture
def write_video(tmp_path) -> Callable[..., Path]:
    """Write a video with frames at times in milliseconds."""

    def write(name, times_ms: Sequence[int], *, height=48, width=64, options=None, sound=False) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
            if sound:
                voice = container.add_stream("aac", rate=16000, layout="mono")
                samples = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
                samples.sample_rate = 16000
                container.mux(voice.encode(samples))
                container.mux(voice.encode())
            for picture, time_ms in zip(smooth(len(times_ms), height, width), times_ms, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture(scope="session")
def read_video() -> Callable[[Path], tuple[NDArray[np.float64], NDArray[np.uint8]]]:
    """Give the times and pictures of a video."""

    def read(path):
        with open_video(path, lambda: str(path), "pyav") as reader:
            return reader.frame_times, reader.read(np.arange(len(reader.frame_times)))

    return read

"""Small videos whose pixels say which frame they are, and the index of them."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from rs_core.data.index import ByteColumn, Files, SampleIndex

SIDE_PX = 32
LEVELS_PER_FRAME = 4


def write_numbered_video(path: Path, num_frames: int, frame_rate: int) -> None:
    """Write grey frames, each a little lighter than the one before, without loss worth mentioning."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=frame_rate, options={"crf": "0", "preset": "ultrafast"})
        stream.width = stream.height = SIDE_PX
        stream.pix_fmt = "yuv420p"
        for number in range(num_frames):
            pixels = np.full((SIDE_PX, SIDE_PX, 3), number * LEVELS_PER_FRAME, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture
def numbers_of() -> Callable[[np.ndarray], list[int]]:
    """Read frame numbers off the pixels of frames whose first axis counts them."""

    def read(frames: np.ndarray) -> list[int]:
        levels = np.asarray(frames, np.float64).reshape(len(frames), -1).mean(1)
        return np.rint(levels / LEVELS_PER_FRAME).astype(int).tolist()

    return read


@pytest.fixture
def video_index(tmp_path: Path) -> SampleIndex:
    """Three videos of 40, 25 and 10 frames at 20 frames a second, of classes 1, 0 and none."""
    names = ["long.mp4", "middle.mp4", "short.mp4"]
    for name, num_frames in zip(names, [40, 25, 10], strict=True):
        write_numbered_video(tmp_path / name, num_frames, frame_rate=20)
    return SampleIndex(
        source=Files(tmp_path, ByteColumn.pack(name.encode() for name in names)),
        labels=np.array([1, 0, -1]),
        class_names=("a", "b"),
        columns={"num_frames": np.array([40, 25, 10], np.int32)},
    )

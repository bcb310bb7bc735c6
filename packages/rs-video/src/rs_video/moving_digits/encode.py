"""Frames to an mp4 file. PyAV in a process makes its later forks hang, so this runs in processes of its own."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

OPTIONS = {"preset": "superfast", "crf": "18", "g": "12"}


def write_mp4(path: Path, frames: NDArray[np.uint8], frame_rate: int) -> None:
    """Write RGB frames [frames, H, W, 3], H and W even, as H.264 in 4:2:0; the same frames give the same file."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=frame_rate, options=OPTIONS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())

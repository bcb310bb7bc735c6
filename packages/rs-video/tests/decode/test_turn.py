"""What a file may ask for besides a quarter turn."""

import io

import av
import numpy as np
import pytest

from rs_core.data.skips import UnreadableSample
from rs_video.decode import open_video


def turned(degrees, *, hflip=False):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30, options={"x264-params": "log-level=none"})
        stream.height, stream.width, stream.pix_fmt = 64, 128, "yuv420p"
        stream.set_display_rotation(degrees, hflip=hflip)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 128, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"), [(turned(0, hflip=True), "to be mirrored"), (turned(45), "to be turned by 45 degrees")]
)
def test_what_decoders_do_not_agree_on_is_refused(decoder, data, reason):
    with pytest.raises(UnreadableSample, match=reason), open_video(data, lambda: "clip 7", decoder) as reader:
        reader.read(np.array([0]))

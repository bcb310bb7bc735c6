"""What has to be known of a video before another decoder than PyAV is trusted with it."""

from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rs_video.decode.container import open_container
from rs_video.decode.damaged import BadVideo
from rs_video.decode.frame_list import FrameList, list_frames
from rs_video.decode.turn import rotation_of

OTHER_DECODER = "read it with decoder=pyav"


class StoredForm(NamedTuple):
    """The frames of a video as PyAV lists them, and how its pictures are stored.

    Args:
        frames: which there are, and when.
        stream: number of their stream in the file.
        is_only_stream: whether no other has pictures.
        start: of the stream, in units of the time base.
        container: FFmpeg's name of the kind of file.
        size: height and width of a picture in pixels, before it is turned upright.
        rotation: that turns it upright, in degrees anticlockwise.
        num_bits: of a sample.
        halves_rows: whether colour is stored for every other row only.
    """

    frames: FrameList
    stream: int
    is_only_stream: bool
    start: int
    container: str
    size: tuple[int, int]
    rotation: int
    num_bits: int
    halves_rows: bool

    @classmethod
    def of(cls, source: bytes | Path) -> Self:
        """List the frames of a video, and decode its first.

        Raises:
            BadVideo, or one of ``AV_ERRORS``: it cannot be read.
        """
        container, stream = open_container(source)
        with container:
            frames = list_frames(container, stream)
            container.seek(int(frames.packet_pts[frames.entries[0]]), stream=stream)
            picture = next(container.decode(stream), None)
            if picture is None:
                raise BadVideo("none of its frames can be decoded")
            return cls(
                frames=frames,
                stream=stream.index,
                is_only_stream=len(container.streams.video) == 1,
                start=stream.start_time or 0,
                container=container.format.name,
                size=(picture.height, picture.width),
                rotation=rotation_of(picture),
                num_bits=max(component.bits for component in picture.format.components),
                halves_rows=picture.format.chroma_height(2) == 1,
            )

    @property
    def upright_size(self) -> tuple[int, int]:
        """Height and width of a picture after it is turned upright."""
        return self.size if self.rotation % 180 == 0 else self.size[::-1]

    def check_count(self, decoder: str, num_frames: int) -> None:
        """Refuse a decoder that counts frames otherwise.

        Raises:
            BadVideo: it does.
        """
        if num_frames != len(self.frames):
            raise BadVideo(f"{decoder} counts {num_frames} frames in it, not {len(self.frames)}", OTHER_DECODER)

    def check_times(self, decoder: str, times: NDArray[np.float64], numbers: NDArray[np.int64]) -> None:
        """Refuse a decoder that gives other frames under these numbers.

        Args:
            decoder: its name.
            times: of its frames, in seconds after the first.
            numbers: of the frames.

        Raises:
            BadVideo: it does.
        """
        # decord keeps times in 32 bits: seven digits.
        if not np.allclose(times, self.frames.times[numbers], rtol=1e-6, atol=1e-3):
            raise BadVideo(f"{decoder} numbers its frames otherwise", OTHER_DECODER)

    def check_colours(self, decoder: str) -> None:
        """Refuse a decoder that interpolates colour otherwise than FFmpeg does by default.

        Raises:
            BadVideo: there is something to interpolate.
        """
        if self.num_bits > 8 or (self.halves_rows and self.size[0] % 2):
            what = f"{self.num_bits} bits" if self.num_bits > 8 else "an odd height"
            raise BadVideo(f"{decoder} makes other colours of pictures with {what}", OTHER_DECODER)

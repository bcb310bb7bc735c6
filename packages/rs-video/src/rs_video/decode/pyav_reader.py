"""Reading with PyAV, which brings its own FFmpeg."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rs_video.decode.container import open_container
from rs_video.decode.cursor import Cursor
from rs_video.decode.damaged import AV_ERRORS, BadVideo
from rs_video.decode.frame_list import list_frames
from rs_video.decode.pictures import Pictures
from rs_video.decode.rgb import RgbConverter
from rs_video.decode.turn import rotation_of, turn_upright


class PyavFrames:
    """Decodes frames of a video.

    Decoding starts at the last key frame that serves, or goes on from where it stands, and leaves out what is neither
    asked for nor referred to. Only frames that are asked for become RGB.

    Raises:
        BadVideo, or one of ``AV_ERRORS``: it cannot be read.
    """

    errors = AV_ERRORS

    def __init__(self, source: bytes | Path) -> None:
        self._container, stream = open_container(source)
        try:
            self._frames = list_frames(self._container, stream)
        except BaseException:
            self._container.close()
            raise
        self.times = self._frames.times
        self._cursor = Cursor(self._container, stream, self._frames)
        self._converter = RgbConverter(stream)
        self._numbers = {pts: number for number, pts in enumerate(self._frames.pts.tolist())}

    def decode(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames, given by number in ascending order without repeats, of shape [len, H, W, 3].

        Raises:
            BadVideo, or one of ``AV_ERRORS``: one of them cannot be decoded.
        """
        pictures = Pictures(numbers)
        self._cursor.want(self._frames.packets[numbers])
        for number in numbers.tolist():
            if number in pictures.waiting:
                self._decode_up_to(number, pictures)
        return pictures.rows

    def _decode_up_to(self, number: int, pictures: Pictures) -> None:
        """Decode on until a frame is there; if it does not come, leave out nothing, and start at the very beginning."""
        packet, entry = int(self._frames.packets[number]), int(self._frames.entries[number])
        if self._cursor.leads_to(packet, entry) and self._take(number, pictures):
            return
        for start, leave_out in ((entry, True), (entry, False), (int(self._frames.entries[0]), False)):
            self._cursor.enter(start, leave_out)
            if self._take(number, pictures):
                return
        raise BadVideo(f"frame {number} cannot be decoded")

    def _take(self, number: int, pictures: Pictures) -> bool:
        """Decode on, and keep what is asked for, until a frame is there; tell whether it is, or was passed over."""
        for frame in self._cursor.decoded():
            if frame.pts is None or frame.pts < self._frames.pts[0]:
                continue
            shown = self._numbers.get(frame.pts)
            if shown is None:
                raise BadVideo("it holds pictures that its packets do not tell of")
            # FFmpeg patches what it cannot decode with what was there before, and frames that follow inherit the patch.
            if frame.is_corrupt:
                raise BadVideo(f"frame {shown} is damaged")
            if shown in pictures.waiting:
                pictures.put(shown, turn_upright(self._converter.convert(frame), rotation_of(frame)))
            if shown >= number:
                break
        return number not in pictures.waiting

    def close(self) -> None:
        """Close the file."""
        self._container.close()

"""Reading with pytorchvideo's ``EncodedVideo``, as programs do that were written for it.

Only ``pytorchvideo.data`` is imported: ``pytorchvideo.transforms`` does not import beside a current torchvision.
"""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytorchvideo.data.encoded_video_pyav import EncodedVideoPyAV

from rs_video.decode.damaged import AV_ERRORS, BadVideo
from rs_video.decode.pictures import Pictures
from rs_video.decode.stored_form import OTHER_DECODER, StoredForm
from rs_video.decode.turn import turn_upright

# EncodedVideo turns every frame between the first and the last into 32-bit numbers, so frames far apart are better
# asked for one by one; but each time it seeks.
MAX_GAP = 8


class PytorchvideoFrames:
    """Decodes frames of a video.

    ``EncodedVideo`` knows clips between two times only, so frames are asked for by the time of the first and the time
    after the last, and held against PyAV's list of the frames.

    Raises:
        BadVideo, or one of ``errors``: it cannot be read, or not as with other decoders.
    """

    errors = (RuntimeError, *AV_ERRORS)

    def __init__(self, source: bytes | Path) -> None:
        self._form = StoredForm.of(source)
        self._form.check_colours("pytorchvideo")
        if not self._form.is_only_stream:
            raise BadVideo("it has several streams of pictures, and pytorchvideo may read another", OTHER_DECODER)
        self.times = self._form.frames.times
        file = io.BytesIO(source if isinstance(source, bytes) else source.read_bytes())
        self._video = EncodedVideoPyAV(file, decode_audio=False)

    def decode(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames, given by number in ascending order without repeats, of shape [len, H, W, 3].

        Raises:
            BadVideo, or one of ``errors``: one of them cannot be decoded.
        """
        pictures = Pictures(numbers)
        for run in np.split(numbers, np.flatnonzero(np.diff(numbers) > MAX_GAP) + 1):
            clip = self._clip(int(run[0]), int(run[-1]))
            for number in run.tolist():
                pictures.put(number, turn_upright(clip[number - run[0]], self._form.rotation))
        return pictures.rows

    def _clip(self, first: int, last: int) -> NDArray[np.uint8]:
        """Return all frames from one to another, of shape [len, H, W, 3]."""
        # Its seek may come too late for a frame just before a key frame, but not for the beginning.
        for start in (first, 0):
            clip = self._video.get_clip(self._seconds(start), self._seconds(last + 1))["video"]
            if clip is not None and clip.shape[1] == last + 1 - start:
                pictures: NDArray[np.uint8] = clip[:, first - start :].permute(1, 2, 3, 0).numpy().astype(np.uint8)
                return pictures
        raise BadVideo("pytorchvideo does not find some of its frames", OTHER_DECODER)

    def _seconds(self, number: int) -> Fraction:
        """Return when a frame is shown, or a time after the last, by pytorchvideo's clock."""
        frames = self._form.frames
        pts = int(frames.pts[number]) if number < len(frames) else int(frames.pts[-1]) + 1
        return (pts - self._form.start) * frames.time_base

    def close(self) -> None:
        """Close the file."""
        self._video.close()

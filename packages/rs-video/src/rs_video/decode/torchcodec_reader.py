"""Reading with torchcodec, which uses the FFmpeg of the system."""

from pathlib import Path

import numpy as np
import torchcodec
from numpy.typing import NDArray
from torchcodec.decoders import VideoDecoder  # type: ignore[attr-defined] # it is exported without a word

from rs_video.decode.damaged import BadVideo
from rs_video.decode.stored_form import OTHER_DECODER, StoredForm

# Without FFmpeg, older versions do not import, and newer ones fail at every file, as if that were damaged.
if getattr(torchcodec, "ffmpeg_major_version", 0) is None:
    raise ImportError("it finds no libraries of FFmpeg 4 or newer on this system; install them")


class TorchcodecFrames:
    """Decodes frames of a video.

    What it reads is held against PyAV's list of the frames.

    Raises:
        BadVideo, or one of ``errors``: it cannot be read, or not as with other decoders.
    """

    errors = (RuntimeError, ValueError, IndexError)

    def __init__(self, source: bytes | Path) -> None:
        self._form = StoredForm.of(source)
        file = source if isinstance(source, bytes) else source.absolute()
        self._decoder = VideoDecoder(file, stream_index=self._form.stream, dimension_order="NHWC", num_ffmpeg_threads=1)
        # Versions before 0.11 do not, and have no word for it.
        if self._form.rotation and not hasattr(self._decoder.metadata, "rotation"):
            raise BadVideo("this version of torchcodec does not turn pictures upright", OTHER_DECODER)
        self._form.check_count("torchcodec", len(self._decoder))
        self.times = self._form.frames.times

    def decode(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames, given by number in ascending order without repeats, of shape [len, H, W, 3].

        Raises:
            BadVideo, or one of ``errors``: one of them cannot be decoded.
        """
        batch = self._decoder.get_frames_at(numbers.tolist())
        start = float(self._form.frames.pts[0] * self._form.frames.time_base)
        self._form.check_times("torchcodec", batch.pts_seconds.numpy() - start, numbers)
        pictures: NDArray[np.uint8] = batch.data.numpy()
        if pictures.shape[1:3] != self._form.upright_size:
            raise BadVideo("torchcodec reads pictures of another size", OTHER_DECODER)
        return pictures

    def close(self) -> None:
        """Let torchcodec free what it holds."""
        del self._decoder

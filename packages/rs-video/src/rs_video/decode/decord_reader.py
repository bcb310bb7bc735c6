"""Reading with decord, which brings an FFmpeg of 2019."""

import io
from pathlib import Path

import decord
import numpy as np
from decord._ffi.base import DECORDLimitReachedError
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo
from rs_video.decode.stored_form import OTHER_DECODER, StoredForm

decord.logging.set_level(decord.logging.QUIET)

# decord gives the picture before in place of one that it cannot decode, unless that is more than this share of them.
FAULT_TOLERANCE = 1e-9


class DecordFrames:
    """Decodes frames of a video.

    What it reads is held against PyAV's list of the frames, because decord numbers them wrongly in some files and does
    not say so.

    Raises:
        BadVideo, or one of ``errors``: it cannot be read, or not as with other decoders.
    """

    errors = (RuntimeError, decord.DECORDError, DECORDLimitReachedError, AssertionError)

    def __init__(self, source: bytes | Path) -> None:
        form = StoredForm.of(source)
        form.check_colours("decord")
        if not form.is_only_stream:
            raise BadVideo("it has several streams of pictures, and decord may read another", OTHER_DECODER)
        if not form.frames.has_clean_keys:
            raise BadVideo("decord gives wrong frames where groups of pictures are open", OTHER_DECODER)
        if form.rotation and not form.container.startswith("mov"):
            raise BadVideo(f"decord does not turn pictures in {form.container} upright", OTHER_DECODER)
        file = io.BytesIO(source) if isinstance(source, bytes) else str(source.absolute())
        self._reader = decord.VideoReader(file, num_threads=1, fault_tol=FAULT_TOLERANCE)
        form.check_count("decord", len(self._reader))
        everything = np.arange(len(self._reader))
        times = self._reader.get_frame_timestamp(everything)[:, 0].astype(np.float64)
        form.check_times("decord", times - times[0], everything)
        self.times = form.frames.times
        self._size = form.upright_size

    def decode(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames, given by number in ascending order without repeats, of shape [len, H, W, 3].

        Raises:
            BadVideo, or one of ``errors``: one of them cannot be decoded.
        """
        batch = self._reader.get_batch(numbers)
        # Who imports pytorchvideo makes decord give tensors.
        pictures: NDArray[np.uint8] = batch.asnumpy() if hasattr(batch, "asnumpy") else batch.numpy()
        if pictures.shape[1:3] != self._size:
            raise BadVideo("decord reads pictures of another size", OTHER_DECODER)
        return pictures

    def close(self) -> None:
        """Let decord free what it holds."""
        del self._reader

"""What every decoder gives: frames by number, the same pixels whichever decoder it is."""

from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


class VideoReader(Protocol):
    """An open video.

    Frames are numbered from 0 in the order in which they are shown, and upright: a rotation that the file asks for is
    applied. A reader belongs to the process that opened it; see ``rs_video.decode.open_video``.
    """

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame is shown, in seconds after the first, ascending; its length is the number of frames."""
        ...

    def read(self, frames: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames by number, in the order asked for, repeated where asked twice: RGB of shape [len, H, W, 3].

        Raises:
            UnreadableSample: the stream is damaged where it was needed.
        """
        ...

    def close(self) -> None:
        """Give back what the reader holds; once more does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

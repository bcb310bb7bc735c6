"""The reader that every decoder stands behind."""

import os
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from rs_core.errors import UserError
from rs_video.decode.damaged import as_unreadable


class Frames(Protocol):
    """What a decoder has to know: the frames of a file, by number in ascending order."""

    errors: tuple[type[Exception], ...]
    times: NDArray[np.float64]

    def decode(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames, given by number in ascending order without repeats, of shape [len, H, W, 3]."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


_open_readers: "WeakSet[Reader]" = WeakSet()
_frames_of_parent: list[Frames] = []


def _keep_what_the_parent_opened() -> None:
    """Let a forked process never free a decoder of its parent.

    decord's waits for threads to end that did not come along, for ever.
    """
    _frames_of_parent.extend(reader._frames for reader in _open_readers if reader._frames is not None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_what_the_parent_opened)


class Reader:
    """A ``VideoReader`` over the frames of one decoder.

    Args:
        frames: of an open file.
        name: gives what to call the sample; asked in case of an error only.
    """

    def __init__(self, frames: Frames, name: Callable[[], str]) -> None:
        self._frames: Frames | None = frames
        self._name = name
        self._times = frames.times
        self._process = os.getpid()
        _open_readers.add(self)

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """When each frame is shown, in seconds after the first, ascending."""
        return self._times

    def read(self, frames: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return frames by number, in the order asked for: RGB of shape [len, H, W, 3].

        Each is decoded once, however often it is asked for.

        Raises:
            UnreadableSample: the stream is damaged where it was needed.
            IndexError: there is no frame of that number.
            UserError: the reader is closed, or another process opened it.
        """
        opened = self._opened()
        numbers, places = np.unique(np.asarray(frames, np.int64), return_inverse=True)
        if len(numbers) == 0:
            raise IndexError("no frame was asked for")
        if numbers[0] < 0 or numbers[-1] >= len(self._times):
            raise IndexError(f"{self._name()}: frames {numbers[0]} to {numbers[-1]} of {len(self._times)}")
        with as_unreadable(self._name, opened.errors):
            pictures = opened.decode(numbers)
        in_order = len(places) == len(numbers) and (places == np.arange(len(numbers))).all()
        return pictures if in_order else pictures[places]

    def _opened(self) -> Frames:
        if self._process != os.getpid():
            raise UserError(
                f"{self._name()}: a video was opened in process {self._process} and read in {os.getpid()}; decoders do "
                "not survive a fork, so open it where it is read"
            )
        if self._frames is None:
            raise UserError(f"{self._name()}: the video is closed; read it before")
        return self._frames

    def close(self) -> None:
        """Give back what the reader holds; once more does nothing."""
        if self._frames is not None and self._process == os.getpid():
            self._frames.close()
        self._frames = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

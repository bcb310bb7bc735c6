"""The door to all decoders."""

from collections.abc import Callable
from pathlib import Path

from rs_video.decode.choice import Decoder, opener_of
from rs_video.decode.damaged import AV_ERRORS, as_unreadable
from rs_video.decode.reader import VideoReader
from rs_video.decode.reading import Reader


def open_video(source: bytes | Path, name: Callable[[], str], decoder: Decoder = "auto") -> VideoReader:
    """Open a video in the process that is going to read it, such as a worker of a loader.

    Frame n is the same with every decoder, to the last bit; a decoder that would give other pixels, or number frames
    otherwise, refuses the video. Of several streams of pictures the first is read. One thread decodes.

    Args:
        source: a path, or all bytes of a file.
        name: gives what to call the sample; asked in case of an error only.
        decoder: one of ``Decoder``; "auto" is the fastest that can be used here, see ``decoder_in_use``.

    Raises:
        UnreadableSample: it is no video, or damaged, or one that this decoder would read otherwise than others.
        UserError: the decoder is unknown, or cannot be used here.

    >>> open_video(b"not a video", lambda: "clip 7")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rs_core.data.skips.UnreadableSample: clip 7: ...
    """
    open_frames = opener_of(decoder)
    with as_unreadable(name, (*AV_ERRORS, *open_frames.errors)):
        return Reader(open_frames(source), name)

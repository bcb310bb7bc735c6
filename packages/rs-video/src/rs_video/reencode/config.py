"""How videos are written anew."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReencodeConfig:
    """How videos are written anew.

    Args:
        short_side: pixels of the shorter side; smaller videos keep their size.
        keyframe_interval: frames from one key frame to the next, at most; a clip is decoded from the key frame before.
        crf: quality of x264, from 0 (lossless) to 51; each 6 more halve the file about.
        preset: of x264; slower ones make smaller files.
    """

    short_side: int = 256
    keyframe_interval: int = 12
    crf: int = 23
    preset: str = "fast"

"""Frames of a video by number, whichever decoder reads them.

``decord``, ``torchcodec`` and ``pytorchvideo`` are imported when they are asked for, PyAV always.
"""

from rs_video.decode.choice import Decoder, available_decoders, decoder_in_use, opens_before_recycling
from rs_video.decode.open_video import open_video
from rs_video.decode.reader import VideoReader

__all__ = [
    "Decoder",
    "VideoReader",
    "available_decoders",
    "decoder_in_use",
    "open_video",
    "opens_before_recycling",
]

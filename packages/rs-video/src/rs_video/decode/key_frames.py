"""Whether a key frame lets everything before it be forgotten.

A key frame of H.264 or H.265 may be followed by frames that refer to ones before it: in open groups of pictures, and
where pictures are refreshed strip by strip. FFmpeg marks those key frames like others.
"""

from av import VideoStream

# Kinds of units that hold a part of a picture, and those of them after which nothing refers to anything before:
# ITU-T H.264 (2021), table 7-1; ITU-T H.265 (2021), table 7-1, IDR_W_RADL and IDR_N_LP.
PICTURE_UNITS = {"h264": range(1, 6), "hevc": range(32)}
CLEAN_UNITS = {"h264": (5,), "hevc": (19, 20)}


class KeyFrames:
    """Tells clean key frames of a stream from others."""

    def __init__(self, stream: VideoStream) -> None:
        codec = stream.codec_context
        self._codec = codec.name
        self._length_bytes = bytes_of_unit_length(codec.name, codec.extradata or b"")

    def is_clean(self, packet: bytes) -> bool:
        """Look at a key packet; those of codecs without such liberties are always clean."""
        if self._codec not in PICTURE_UNITS:
            return True
        position = self._next_unit(packet, 0)
        while position < len(packet):
            kind = packet[position] & 31 if self._codec == "h264" else packet[position] >> 1 & 63
            if kind in PICTURE_UNITS[self._codec]:
                return kind in CLEAN_UNITS[self._codec]
            position = self._next_unit(packet, position)
        return False

    def _next_unit(self, packet: bytes, position: int) -> int:
        """Return where the unit after the one at ``position`` starts; 0 stands for before the first."""
        if self._length_bytes == 0:  # units are parted by a mark
            mark = packet.find(b"\0\0\1", position)
            return mark + 3 if mark >= 0 else len(packet)
        if position > 0:
            position += int.from_bytes(packet[position - self._length_bytes : position])
        return position + self._length_bytes


def bytes_of_unit_length(codec: str, extradata: bytes) -> int:
    """Return how many bytes before a unit tell its length (ISO/IEC 14496-15, 5.3.3 and 8.3.3); 0 if none do."""
    place = {"h264": 4, "hevc": 21}.get(codec, len(extradata))
    return (extradata[place] & 3) + 1 if extradata[:1] == b"\1" and place < len(extradata) else 0

"""Which frames a video has and where decoding them has to start, told from its packets without decoding any."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np
from av import VideoStream
from av.container import InputContainer
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo
from rs_video.decode.key_frames import KeyFrames

# What stands for a time that a packet does not tell.
UNKNOWN = int(np.iinfo(np.int64).min)

REMUX = "write it anew: ffmpeg -i IN -c copy -fflags +genpts OUT.mp4"


class Packet(NamedTuple):
    """What is kept of a packet; times in units of the stream's time base."""

    pts: int
    dts: int
    is_key: bool
    is_clean: bool
    is_shown: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameList:
    """The frames of a video in the order in which they are shown.

    Args:
        pts: of each frame, ascending, in units of ``time_base``.
        packets: number of each frame's packet; packets are numbered as they stand in the file.
        entries: number of the packet at which decoding each frame has to start.
        packet_pts: of each packet.
        packet_dts: of each packet, or ``UNKNOWN``.
        time_base: seconds in a unit.
        has_clean_keys: whether no frame after a key frame, in the file or on the screen, refers to any before it.
    """

    pts: NDArray[np.int64]
    packets: NDArray[np.int64]
    entries: NDArray[np.int64]
    packet_pts: NDArray[np.int64]
    packet_dts: NDArray[np.int64]
    time_base: Fraction
    has_clean_keys: bool

    def __len__(self) -> int:
        return len(self.pts)

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """When each frame is shown, in seconds after the first."""
        units: NDArray[np.float64] = (self.pts - self.pts[0]).astype(np.float64)
        return units * float(self.time_base.numerator) / float(self.time_base.denominator)


def list_frames(container: InputContainer, stream: VideoStream) -> FrameList:
    """Read all packets of a stream, which leaves the container at its end.

    Raises:
        BadVideo: the file ends early, or its packets do not tell which frames there are.
    """
    packets = read_packets(container, stream)
    pts = np.array([packet.pts for packet in packets], np.int64)
    keys = np.flatnonzero([packet.is_key for packet in packets])
    if len(keys) == 0:
        raise BadVideo("no key frame in it")
    # What comes before the first key frame, in the file or on the screen, refers to frames that are missing.
    shown = np.array([packet.is_shown for packet in packets]) & (pts >= pts[keys[0]])
    shown[: keys[0]] = False
    frames = np.flatnonzero(shown)
    if len(frames) == 0:
        raise BadVideo("no frame in it")
    frames = frames[np.argsort(pts[frames], kind="stable")]
    if (np.diff(pts[frames]) == 0).any():
        raise BadVideo("two of its frames are to be shown at the same time", REMUX)
    entries = find_entries(frames, pts, keys)
    return FrameList(
        pts=pts[frames],
        packets=frames,
        entries=entries,
        packet_pts=pts,
        packet_dts=np.array([packet.dts for packet in packets], np.int64),
        time_base=stream.time_base or Fraction(1),
        has_clean_keys=all(packets[key].is_clean for key in keys)
        and np.array_equal(entries, keys[np.searchsorted(keys, frames, side="right") - 1]),
    )


def read_packets(container: InputContainer, stream: VideoStream) -> list[Packet]:
    """Read a stream to its end.

    Raises:
        BadVideo: a packet is cut short or tells no time.
    """
    is_vp8 = stream.codec_context.name == "vp8"
    keys = KeyFrames(stream)
    packets: list[Packet] = []
    for packet in container.demux(stream):
        if packet.size == 0:  # PyAV's sign that the file is at its end
            continue
        if packet.is_corrupt:
            raise BadVideo(f"the file ends, or has a hole, within packet {len(packets)} of its video")
        if packet.pts is None:
            raise BadVideo("its packets do not say when frames are shown", REMUX)
        # VP8 has pictures that are never shown, in packets of their own: bit 4 of the first byte is 0 (RFC 6386, 9.1).
        is_shown = not packet.is_discard and not (is_vp8 and not bytes(packet)[0] & 0b10000)
        dts = UNKNOWN if packet.dts is None else packet.dts
        is_clean = packet.is_keyframe and keys.is_clean(bytes(packet))
        packets.append(Packet(packet.pts, dts, packet.is_keyframe, is_clean, is_shown))
    return packets


def find_entries(frames: NDArray[np.int64], pts: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find, for each frame, the last key packet that comes no later than the frame both in the file and on the screen.

    A frame that is shown before a key frame but stored after it (in an open group of pictures) refers to frames before
    that key frame, so decoding it starts at the key frame before.

    Args:
        frames: numbers of packets.
        pts: of all packets.
        keys: numbers of packets, ascending; the first comes no later than any frame.

    >>> find_entries(np.array([0, 1, 3, 2]), np.array([0, 1, 3, 2]), np.array([0, 2])).tolist()
    [0, 0, 0, 2]
    """
    last = np.searchsorted(keys, frames, side="right") - 1
    while (too_late := pts[keys[last]] > pts[frames]).any():
        last -= too_late
    return keys[last]

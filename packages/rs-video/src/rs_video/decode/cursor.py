"""Where decoding stands in a file: entering it at a key frame, and going on packet by packet."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from av import Packet, VideoFrame, VideoStream
from av.container import InputContainer
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo
from rs_video.decode.frame_list import UNKNOWN, FrameList

# Codecs in which a packet says for good that no other refers to it. HEVC says so of its own layer only.
SKIPPABLE_CODECS = ("h264", "mpeg4")


class Cursor:
    """Feeds packets to the decoder of a stream, numbered as ``FrameList`` numbers them."""

    def __init__(self, container: InputContainer, stream: VideoStream, frames: FrameList) -> None:
        self._container, self._stream, self._codec = container, stream, stream.codec_context
        self._pts, self._dts = frames.packet_pts.tolist(), frames.packet_dts.tolist()
        self._numbers = {times: number for number, times in enumerate(zip(self._pts, self._dts, strict=True))}
        self._packets: Iterator[Packet[VideoStream]] = iter(())
        self._next = -1
        self._pending: deque[VideoFrame] = deque()
        self._wanted: set[int] = set()
        self._sent: set[int] = set()
        self._leave_out = False

    def want(self, packets: NDArray[np.int64]) -> None:
        """Say whose frames are asked for; others may be left out from now on."""
        self._wanted, self._sent = set(packets.tolist()), set()

    def leads_to(self, packet: int, entry: int) -> bool:
        """Tell whether going on gives the frame of a packet, and no later than entering at ``entry`` would."""
        return packet in self._sent or entry <= self._next <= packet

    def enter(self, entry: int, leave_out: bool) -> None:
        """Go to a key packet.

        Args:
            entry: its number.
            leave_out: what is not wanted, as far as no other frame refers to it.

        Raises:
            BadVideo: the file does not lead there.
        """
        self._pending.clear()
        self._sent.clear()
        self._leave_out = leave_out and self._codec.name in SKIPPABLE_CODECS
        # Formats look for the one or the other, and may have no index at all.
        for target in (self._pts[entry], self._dts[entry], min(self._pts)):
            if target != UNKNOWN and self._seek(target, entry):
                return
        raise BadVideo("seeking in it does not lead to its key frames")

    def _seek(self, target: int, entry: int) -> bool:
        self._container.seek(target, stream=self._stream)
        self._packets = self._container.demux(self._stream)
        for packet in self._packets:
            number = self._number(packet)
            if number == entry:
                self._next = entry
                self._send(packet)
                return True
            if number is None or number > entry:
                break
        self._next = -1
        return False

    def _number(self, packet: "Packet[VideoStream]") -> int | None:
        dts = UNKNOWN if packet.dts is None else packet.dts
        return None if packet.pts is None else self._numbers.get((packet.pts, dts))

    def decoded(self) -> Iterator[VideoFrame]:
        """Yield frames as they come out of the decoder, till the end of the file."""
        while True:
            while self._pending:
                yield self._pending.popleft()
            if self._next < 0:
                return
            packet = next(self._packets, None)
            if packet is None or packet.size == 0:
                self._pending.extend(self._codec.decode(None))
                self._next = -1  # a decoder that has been emptied takes nothing more
            else:
                self._send(packet)

    def _send(self, packet: "Packet[VideoStream]") -> None:
        if packet.pts != self._pts[self._next]:
            raise BadVideo("its packets come in another order after seeking")
        wanted = self._next in self._wanted
        self._codec.skip_frame = "NONREF" if self._leave_out and not wanted else "DEFAULT"
        if wanted:
            self._sent.add(self._next)
        self._next += 1
        self._pending.extend(self._codec.decode(packet))

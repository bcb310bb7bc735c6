"""From decoded frames to H.264: turned upright, made smaller, encoded."""

from fractions import Fraction

from av import VideoFrame, VideoStream
from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import PictureType

from rs_video.reencode.config import ReencodeConfig

# By how many degrees a display matrix turns pictures anticlockwise, and the filters of FFmpeg that turn them so.
TURNS: dict[int, tuple[str, ...]] = {0: (), 90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}


class PictureWriter:
    """Writes frames as the only stream of a file.

    Args:
        written: the file.
        source: stream that the frames come from.
        first: of the frames; its size and rotation hold for all.
        config: how to write.
    """

    def __init__(
        self, written: OutputContainer, source: VideoStream, first: VideoFrame, config: ReencodeConfig
    ) -> None:
        self.written = written
        self.time_base = source.time_base or Fraction(1)
        turns = TURNS[round(first.rotation / 90) * 90 % 360]
        width, height = (first.height, first.width) if len(turns) == 1 else (first.width, first.height)
        width, height = smaller_size(width, height, config.short_side)
        self.graph = picture_graph(source, first, turns, width, height)
        options = {"preset": config.preset, "crf": str(config.crf), "g": str(config.keyframe_interval)}
        self.stream = written.add_stream("libx264", rate=source.average_rate or 25, options=options)
        self.stream.width, self.stream.height, self.stream.pix_fmt = width, height, "yuv420p"
        context = self.stream.codec_context
        context.thread_count = 1
        context.time_base = self.stream.time_base = self.time_base
        # What the numbers of a picture mean as colours; they are taken over, not converted.
        context.color_range, context.colorspace = first.color_range, first.colorspace
        context.color_primaries = source.codec_context.color_primaries
        context.color_trc = source.codec_context.color_trc

    def write(self, frame: VideoFrame, pts: int) -> None:
        """Write a frame that is to be shown at ``pts``, in the time base of the source."""
        self.graph.vpush(frame)
        picture = self.graph.vpull()
        picture.pts, picture.time_base = pts, self.time_base
        # The encoder decides which are key frames; by itself it would do as the source did.
        picture.pict_type = PictureType.NONE
        self.written.mux(self.stream.encode(picture))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self.written.mux(self.stream.encode())


def smaller_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Scale a size down to a short side, never up, to even numbers, as 4:2:0 needs them.

    >>> smaller_size(1280, 720, 256), smaller_size(176, 145, 256)
    ((456, 256), (176, 144))
    """
    scale = min(1.0, short_side / min(width, height))
    return max(2, int(width * scale / 2 + 0.499) * 2), max(2, int(height * scale / 2 + 0.499) * 2)


def picture_graph(source: VideoStream, first: VideoFrame, turns: tuple[str, ...], width: int, height: int) -> Graph:
    """Make the filters that turn pictures and scale them, bicubic."""
    graph = Graph()
    graph.threads = 1
    nodes = [
        graph.add_buffer(template=source),
        # The buffer does not know what numbers mean as colours; without it, scaling converts them to another meaning.
        graph.add("setparams", f"range={int(first.color_range)}:colorspace={int(first.colorspace)}"),
        *(graph.add("transpose", turn) for turn in turns),
        graph.add("scale", f"{width}:{height}:flags=bicubic"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph

"""From the pictures of a stream to RGB, as FFmpeg's ``scale`` filter does by default.

torchcodec and decord convert the same way, and so do FFmpeg's command line tools. PyAV's own ``VideoFrame.reformat``
does not where it has to interpolate colour: it takes colour samples to lie elsewhere, and another kernel. Pictures of
8 bits, an even height and colour at a quarter of the resolution, which nearly all are, take a path of FFmpeg without
interpolation, and come out the same either way.
"""

import numpy as np
from av import VideoFrame, VideoStream
from av.filter import Graph
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo


class RgbConverter:
    """Converts the frames of one stream, on one thread."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._graph: Graph | None = None
        self._form: tuple[int, int, str] | None = None

    def convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the picture of shape [H, W, 3]; it is valid until the next call.

        Raises:
            BadVideo: the frame is not of the size and format of those before it.
        """
        form = (frame.height, frame.width, frame.format.name)
        if self._graph is None:
            self._graph, self._form = make_graph(self._stream), form
        if form != self._form:
            raise BadVideo("the size or the format of its pictures changes on the way")
        self._graph.vpush(frame)
        plane = self._graph.vpull().planes[0]
        padded_rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return padded_rows[: frame.height, : 3 * frame.width].reshape(frame.height, frame.width, 3)


def make_graph(stream: VideoStream) -> Graph:
    """Set up the filters."""
    graph = Graph()
    graph.threads = 1
    nodes = [
        graph.add_buffer(template=stream),
        graph.add("scale", flags="bicubic"),
        graph.add("format", pix_fmts="rgb24"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph

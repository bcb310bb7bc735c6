"""Pictures that a camera took lying on its side."""

from typing import cast

import numpy as np
from av import VideoFrame
from av.buffer import Buffer
from numpy.typing import NDArray

from rs_video.decode.damaged import BadVideo


def rotation_of(frame: VideoFrame) -> int:
    """Return by how many degrees anticlockwise a file asks to turn a picture: a multiple of 90.

    Raises:
        BadVideo: it asks for another angle, or for a mirror image, on which decoders do not agree.
    """
    rotation = frame.rotation
    if rotation % 90:
        raise BadVideo(f"its pictures are to be turned by {rotation} degrees", "write it anew, upright")
    if (matrix := frame.side_data.get("DISPLAYMATRIX")) is not None:
        a, b, _, c, d = np.frombuffer(memoryview(cast("Buffer", matrix)), np.int32)[:5].tolist()
        if a * d - b * c < 0:
            raise BadVideo("its pictures are to be mirrored", "write it anew, upright")
    return rotation


def turn_upright(frames: NDArray[np.uint8], rotation: int) -> NDArray[np.uint8]:
    """Turn pictures of shape [..., H, W, 3].

    Args:
        frames: as they are stored.
        rotation: in degrees anticlockwise, a multiple of 90.

    >>> turn_upright(np.zeros((2, 320, 568, 3), np.uint8), -90).shape
    (2, 568, 320, 3)
    """
    return np.rot90(frames, rotation // 90, axes=(-3, -2))

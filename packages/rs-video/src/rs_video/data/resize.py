"""Resizing the frames of a clip, bilinear and not anti-aliased, as the released code does.

Source: tensorflow/models:official/vision/ops/preprocess_ops_3d.py. It truncates to whole grey levels.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def resize_into(frames: NDArray[np.uint8], out: Tensor) -> None:
    """Resize RGB frames [T, h, w, 3] into ``out``, uint8 [T, height, width, 3], at the speed of training.

    PyTorch's kernel for bytes rounds where the released code truncates, so the result is half a grey level brighter on
    average, and never more than two levels from it.

    >>> out = torch.empty(2, 4, 4, 3, dtype=torch.uint8)
    >>> resize_into(np.full((2, 5, 7, 3), 9, np.uint8), out)
    >>> out.unique().tolist()
    [9]
    """
    source = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    _bilinear.out(source, list(out.shape[1:3]), False, None, None, out=out.permute(0, 3, 1, 2))


def resize_short_side(frames: NDArray[np.uint8], short_side: int) -> NDArray[np.uint8]:
    """Resize RGB frames [T, H, W, 3] so that the shorter side has ``short_side`` pixels, truncated as released.

    The other side is rounded down. Frames of this size already are given back as they are.

    >>> resize_short_side(np.zeros((1, 240, 321, 3), np.uint8), 256).shape
    (1, 256, 342, 3)
    """
    height, width = short_side_size(frames.shape[1], frames.shape[2], short_side)
    if frames.shape[1:3] == (height, width):
        return frames
    resized = np.empty((len(frames), height, width, 3), np.uint8)
    for frame, out in zip(frames, resized, strict=True):  # one at a time, so that float32 stays in the cache
        source = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float()
        exact = _bilinear(source, [height, width], False, None, None)[0]
        out[:] = exact.permute(1, 2, 0).to(torch.uint8).numpy()
    return resized


def short_side_size(height: int, width: int, short_side: int) -> tuple[int, int]:
    """Give the height and width of frames whose shorter side was brought to ``short_side``."""
    return max(short_side, height * short_side // width), max(short_side, width * short_side // height)


# torch.nn.functional.interpolate(mode="bilinear"), which has no way to say where the result goes.
_bilinear = torch.ops.aten.upsample_bilinear2d

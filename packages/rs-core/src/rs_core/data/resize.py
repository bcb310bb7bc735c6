"""Resizing as the releases did it: PIL's filters, and TensorFlow's two kernels bit for bit; and PIL's bicubic at speed.

TensorFlow's are not anti-aliased. On photos, its legacy bicubic is 3 to 10 grey levels on average from PIL's bicubic,
and its bilinear 2 to 5 from PIL's bilinear.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from rs_core.data.crop import Box

Resize = Literal["pil_bicubic", "pil_bilinear", "tf1_bicubic", "tf1_bicubic_clipped", "tf2_bilinear"]
Pixels = NDArray[np.uint8 | np.float32]

KEYS_A = -0.75
TABLE_STEPS = 1024


def crop_and_resize(image: Image.Image, box: Box, size: tuple[int, int], method: Resize = "pil_bicubic") -> Pixels:
    """Return ``box`` of an RGB image resized to ``size`` (height, width), as [height, width, 3] of ``pixel_type``.

    PIL's filters reach over the edges of the box where the image goes on; TensorFlow's see the box alone.
    """
    if method in PIL_FILTERS:
        height, width = size
        corners = (box.x, box.y, box.x + box.w, box.y + box.h)
        return np.asarray(image.resize((width, height), PIL_FILTERS[method], box=corners))
    pixels = np.asarray(image)
    return TENSORFLOW_KERNELS[method](pixels[box.y : box.y + box.h, box.x : box.x + box.w], size)


def resize_into(pixels: NDArray[np.uint8], out: Tensor) -> None:
    """Resize RGB pixels [h, w, 3] with PIL's bicubic filter into ``out``, uint8 [3, height, width].

    PyTorch's vector code, a fifth of PIL's time. It passes over the rows first, as PIL did before release 13, which
    takes the cheaper way: compared in the same order, 99.7 % of the values on crops of photos are PIL's, the others a
    level off, and 7 in 16 million two. (Crops of 70 photos to 160 px; AMD EPYC, torch 2.15, Pillow 13.0.)

    >>> out = torch.empty(3, 2, 2, dtype=torch.uint8)
    >>> resize_into(np.full((5, 7, 3), 9, np.uint8), out)
    >>> out.unique().tolist()
    [9]
    """
    source = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
    _bicubic.out(source, list(out.shape[1:]), False, None, None, out=out[None])


def resize_float_into(pixels: Tensor, out: Tensor) -> None:
    """Resize uint8 pixels [3, h, w] as ``resize_into`` does, but in float32, into ``out``, float32 [3, height, width].

    On any device; CUDA has this kernel for floating point alone. The result is neither rounded nor clipped to 0 to 255.
    A CUDA device holds the weights of a filter in its shared memory, 48 KB, which is enough to shrink by 47.
    """
    _bicubic.out(pixels[None].float(), list(out.shape[1:]), False, None, None, out=out[None])


# torch.nn.functional.interpolate(mode="bicubic", antialias=True), which has no way to say where the result goes.
_bicubic = torch.ops.aten._upsample_bicubic2d_aa


def pixel_type(method: Resize) -> type[np.uint8] | type[np.float32]:
    """Return the type of resized pixels: PIL rounds and clips to uint8, TensorFlow gives float32."""
    return np.uint8 if method in PIL_FILTERS else np.float32


def tf1_bicubic(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize [H, W, C] to ``size`` (height, width) as ``tf.compat.v1.image.resize_bicubic``.

    The result is not clipped: it can leave 0 to 255 by some grey levels. Sources start at the corner of the image,
    not at half a pixel; the cubic is Keys' with a = -0.75, read from a table of 1,024 steps; the border pixel is
    repeated (tensorflow/tensorflow:core/kernels/image/resize_bicubic_op.cc).

    >>> tf1_bicubic(np.array([[[0], [100]]], np.uint8), (1, 4)).ravel().tolist()
    [0.0, 50.0, 100.0, 109.375]
    """
    height, width = size
    num_channels = pixels.shape[2]
    row_taps, row_weights = _cubic_taps(pixels.shape[0], height)
    column_taps, column_weights = _cubic_taps(pixels.shape[1], width)
    rows = _weighted_sum(pixels.reshape(len(pixels), -1), row_taps, row_weights[:, :, None], axis=0)
    rows = rows.reshape(height, -1, num_channels)
    return _weighted_sum(rows, column_taps, _for_each_channel(column_weights, num_channels), axis=1)


def tf1_bicubic_clipped(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize as :func:`tf1_bicubic`, then clip to 0 to 255, as SimCLR does.

    SimCLR brings pixels to 0 to 1 before, which differs by float32 rounding (google-research/simclr:data_util.py).
    """
    return np.clip(tf1_bicubic(pixels, size), 0, 255)


def _cubic_taps(num_source: int, num_target: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the four source places [4, target] of each target place and their weights, likewise."""
    scale = np.float32(num_source) / np.float32(num_target)
    source = np.arange(num_target, dtype=np.float32) * scale
    left = np.floor(source)
    step = np.rint((source - left) * TABLE_STEPS).astype(np.int64)
    # TensorFlow fills the table in float64 and keeps it in float32.
    near, far = (half.astype(np.float32) for half in _keys_cubic(np.arange(TABLE_STEPS + 1) / TABLE_STEPS))
    weights = np.stack([far[step], near[step], near[TABLE_STEPS - step], far[TABLE_STEPS - step]])
    places = left.astype(np.int64) + np.arange(-1, 3)[:, None]
    return np.clip(places, 0, num_source - 1), weights


def _keys_cubic(distance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the kernel at distances in [0, 1] and at these plus 1 (Keys 1981, equation 4)."""
    beyond = distance + 1
    near = ((KEYS_A + 2) * distance - (KEYS_A + 3)) * distance * distance + 1
    far = ((KEYS_A * beyond - 5 * KEYS_A) * beyond + 8 * KEYS_A) * beyond - 4 * KEYS_A
    return near, far


def _weighted_sum(
    pixels: Pixels, taps: NDArray[np.int64], weights: NDArray[np.float32], axis: int
) -> NDArray[np.float32]:
    """Return the sum of the pixels at each row of ``taps`` times its weights, in float32 and TensorFlow's order."""
    total: NDArray[np.float32] = np.take(pixels, taps[0], axis) * weights[0]
    for places, weight in zip(taps[1:], weights[1:], strict=True):
        part = np.take(pixels, places, axis).astype(np.float32, copy=False)
        part *= weight
        total += part
    return total


def _for_each_channel(weights: NDArray[np.float32], num_channels: int) -> NDArray[np.float32]:
    """Return the weights [..., width] as [..., width, channels]: numpy is slow to spread them over three itself."""
    return np.repeat(weights[..., None], num_channels, axis=-1)


def tf2_bilinear(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize [H, W, C] to ``size`` (height, width) as ``tf.image.resize``, which Model Garden uses.

    The same as ``torch.nn.functional.interpolate(mode="bilinear", align_corners=False, antialias=False)`` but for
    float32 rounding, which here is TensorFlow's (tensorflow/tensorflow:core/kernels/image/resize_bilinear_op.cc).

    >>> tf2_bilinear(np.array([[[0], [100]]], np.uint8), (1, 4)).ravel().tolist()
    [0.0, 25.0, 75.0, 100.0]
    """
    height, width = size
    top, bottom, down = _linear_taps(pixels.shape[0], height)
    left, right, across = _linear_taps(pixels.shape[1], width)
    across = _for_each_channel(across, pixels.shape[2])

    def rows(taps: NDArray[np.int64]) -> NDArray[np.float32]:
        chosen = pixels[taps].astype(np.float32)
        return _between(np.take(chosen, left, 1), np.take(chosen, right, 1), across)

    return _between(rows(top), rows(bottom), down[:, None, None])


def _between(start: NDArray[np.float32], end: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``start + (end - start) * share``, written over ``end``."""
    end -= start
    end *= share
    end += start
    return end


def _linear_taps(num_source: int, num_target: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the two source places of each target place, and how far it is from the first to the second."""
    scale = np.float32(num_source) / np.float32(num_target)
    half = np.float32(0.5)
    source = (np.arange(num_target, dtype=np.float32) + half) * scale - half
    first = np.floor(source)
    places = first.astype(np.int64)
    return np.maximum(places, 0), np.minimum(places + 1, num_source - 1), source - first


PIL_FILTERS = {"pil_bicubic": Image.Resampling.BICUBIC, "pil_bilinear": Image.Resampling.BILINEAR}
TENSORFLOW_KERNELS: dict[str, Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.float32]]] = {
    "tf1_bicubic": tf1_bicubic,
    "tf1_bicubic_clipped": tf1_bicubic_clipped,
    "tf2_bilinear": tf2_bilinear,
}

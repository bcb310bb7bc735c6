"""From the bytes of an image file to the pixels of a crop, with no more decoding than the crop needs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rs_core.data.crop import Box
from rs_core.data.decode import DecodeConfig, load_rgb, open_image, refuse_bomb
from rs_core.data.jpeg import jpeg_rows, jpeg_size
from rs_core.data.orientation import exif_orientation, turn_upright
from rs_core.data.resize import resize_into

# libjpeg-turbo has vector code for these alone; other eighths take longer than the whole image.
REDUCTIONS = (8, 4, 2)

ChooseBox = Callable[[int, int], Box]
"""From height and width of an image to the part of it that is used."""


def decode_crop(
    data: bytes, choose_box: ChooseBox, name: Callable[[], str], config: DecodeConfig, resolution: int
) -> NDArray[np.uint8]:
    """Decode the part of an image that ``choose_box`` names: uint8 [height of the box, width of the box, 3], RGB.

    The pixels are those of ``decode_rgb``. A JPEG is decoded from its top to the end of the box, which saves an eighth
    of the time on crops of training. With ``config.scaled_decoding`` the crop of a JPEG comes smaller, by 2, 4 or 8,
    but no smaller than ``resolution`` on either side; its edges are then rounded outwards to whole pixels of that size.

    ``choose_box`` is called once at most, with the same size whatever decodes the image.

    Raises:
        DecodeError: as for ``decode_rgb``; ``name()`` is asked then.
    """
    orientation = exif_orientation(data) if config.apply_exif_orientation else 1
    if orientation != 1:
        return _of_turned(data, choose_box, name, orientation)
    size = jpeg_size(data)
    if size is None:
        return _with_pillow(data, choose_box, name, config, resolution)
    refuse_bomb(*size, name)
    box = choose_box(*size)
    reduction = _reduction(box, resolution) if config.scaled_decoding else 1
    rows = jpeg_rows(data, box.y + box.h, reduction)
    if rows is None:
        return _with_pillow(data, lambda *_size: box, name, config, resolution)
    return _cut(rows, _reduced(box, reduction))


def decode_crop_into(
    out: Tensor, config: DecodeConfig, data: bytes, choose_box: ChooseBox, name: Callable[[], str]
) -> None:
    """Decode as ``decode_crop`` does, and resize the crop into ``out``, uint8 [3, side, side].

    Raises:
        DecodeError: as for ``decode_rgb``.
    """
    resize_into(decode_crop(data, choose_box, name, config, out.shape[-1]), out)


def _with_pillow(
    data: bytes, choose_box: ChooseBox, name: Callable[[], str], config: DecodeConfig, resolution: int
) -> NDArray[np.uint8]:
    image = open_image(data, name)
    box = choose_box(image.height, image.width)
    reduction = 1
    if config.scaled_decoding and image.format == "JPEG":
        reduction = _reduction(box, resolution)
        image.draft("RGB", (image.width // reduction, image.height // reduction))
    return _cut(np.array(load_rgb(image, name)), _reduced(box, reduction))


def _of_turned(data: bytes, choose_box: ChooseBox, name: Callable[[], str], orientation: int) -> NDArray[np.uint8]:
    # The box is drawn in the upright image. Such photos are few, so they are decoded whole.
    pixels = turn_upright(np.array(load_rgb(open_image(data, name), name)), orientation)
    return _cut(pixels, choose_box(*pixels.shape[:2]))


def _reduction(box: Box, resolution: int) -> int:
    """Return by how much a crop may be reduced and still have ``resolution`` pixels on each side."""
    # Images of a few pixels are not worth it, and there the decoder could take another scale for the one meant.
    return next((by for by in REDUCTIONS if min(box.h, box.w) >= by * max(resolution, 8)), 1)


def _reduced(box: Box, by: int) -> Box:
    top, left = box.y // by, box.x // by
    return Box(top, left, -(-(box.y + box.h) // by) - top, -(-(box.x + box.w) // by) - left)


def _cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return pixels[box.y : box.y + box.h, box.x : box.x + box.w]

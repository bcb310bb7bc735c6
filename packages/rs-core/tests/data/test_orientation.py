"""EXIF orientation, against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from rs_core.data.crop import Box
from rs_core.data.decode import DecodeConfig, decode_rgb
from rs_core.data.decode_crop import decode_crop
from rs_core.data.orientation import exif_orientation, turn_upright

UPRIGHT = DecodeConfig(apply_exif_orientation=True)


def photo(orientation):
    """Return a JPEG with an orientation tag."""
    image = Image.merge("RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256))])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    image.crop((0, 0, 90, 40)).save(stream, "JPEG", exif=exif.tobytes())
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(orientation):
    data = photo(orientation)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert exif_orientation(data) == orientation
    assert np.array_equal(np.asarray(decode_rgb(data, "photo", UPRIGHT)), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_drawn_in_the_upright_image(orientation):
    data = photo(orientation)
    upright = np.asarray(decode_rgb(data, "photo", UPRIGHT))
    seen = []

    def choose(height, width):
        seen.append((height, width))
        return Box(3, 5, 20, 30)

    assert np.array_equal(decode_crop(data, choose, lambda: "photo", UPRIGHT, 24), upright[3:23, 5:35])
    assert seen == [upright.shape[:2]]


def test_real_photos_come_upright_if_asked(shared):
    folder = shared / "data/exif_orientation"
    stored = sorted(folder.glob("*.jpg"))
    assert {exif_orientation(path.read_bytes()) for path in stored} > {1}
    for path in stored:
        data = path.read_bytes()
        with Image.open(path) as image:
            expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        assert np.array_equal(np.asarray(decode_rgb(data, path.name, UPRIGHT)), expected)


@pytest.mark.parametrize("data", [b"", b"no image", photo(0), photo(99), photo(6)[:30]])
def test_what_has_no_orientation_that_can_be_read_is_upright(data):
    assert exif_orientation(data) == 1


def test_the_image_turned_lies_in_one_piece():
    assert turn_upright(np.zeros((4, 7, 3), np.uint8), 6).flags.c_contiguous

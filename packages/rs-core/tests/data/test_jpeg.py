"""The fast JPEG decoder, against Pillow: the same pixels to the byte."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL import __version__ as pillow_version

from rs_core.data import jpeg
from rs_core.data.crop import Box
from rs_core.data.decode import DecodeConfig, DecodeError, decode_rgb
from rs_core.data.decode_crop import decode_crop
from rs_core.data.jpeg import decoder_in_use, is_plain, jpeg_rows, jpeg_size

WAYS = [{}, {"progressive": True}, {"restart_marker_blocks": 7}, {"restart_marker_rows": 1}, {"quality": 100}]


def noisy(height=77, width=93):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (6, 7, 3), np.uint8)).resize((width, height), 3)
    return Image.fromarray(np.asarray(smooth) ^ rng.integers(0, 32, (height, width, 3), np.uint8))


def encode(image, **options):
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def by_pillow(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def decoded_whole(data):
    height, _ = jpeg_size(data)
    return jpeg_rows(data, height)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "4:1:1"])
def test_every_way_of_writing_colours_decodes_as_with_pillow(subsampling, way):
    for size in [(77, 93), (1, 1), (8, 16), (17, 3)]:
        data = encode(noisy(*size), subsampling=subsampling, **way)
        assert jpeg_size(data) == size
        assert np.array_equal(decoded_whole(data), by_pillow(data))


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "4:1:1"])
def test_rows_that_are_asked_for_do_not_change_when_the_others_are_left_out(subsampling, way):
    data = encode(noisy(), subsampling=subsampling, **way)
    whole = by_pillow(data)
    for stop in range(1, 78):
        rows = jpeg_rows(data, stop)
        assert stop <= len(rows) <= min(77, stop + 16)
        assert np.array_equal(rows[:stop], whole[:stop])


@pytest.mark.parametrize("folder", ["imagenet_photos", "photos_cc0", "voc_real", "exif_orientation", "bccd"])
def test_real_photos_decode_as_with_pillow_whole_and_in_part(shared, folder):
    for path in [*(shared / "data" / folder).rglob("*.jp*g"), *(shared / "data" / folder).rglob("*.JPEG")][:40]:
        data = path.read_bytes()
        whole = by_pillow(data)
        assert np.array_equal(decoded_whole(data), whole)
        stop = len(whole) // 2
        assert np.array_equal(jpeg_rows(data, stop)[:stop], whole[:stop])


def test_grey_photos_become_rgb_as_with_pillow():
    data = encode(noisy().convert("L"))
    assert np.array_equal(decoded_whole(data), by_pillow(data))


def test_cmyk_and_other_formats_are_left_to_pillow():
    assert jpeg_size(encode(noisy().convert("CMYK"))) is None
    stream = io.BytesIO()
    noisy().save(stream, "PNG")
    assert jpeg_size(stream.getvalue()) is None
    assert jpeg_size(b"\xff\xd8\xff") is None


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_whole_jpegs_of_8_bits_are_plain_and_others_are_not(way):
    data = encode(noisy(), **way)
    assert is_plain(data)
    assert is_plain(encode(noisy().convert("L"), **way))
    assert not is_plain(data[:-2])
    assert not is_plain(data + b".")
    assert not is_plain(encode(noisy(), keep_rgb=True, **way))
    assert not is_plain(data.replace(b"\x00\x11\x08\x00\x4d", b"\x00\x11\x0c\x00\x4d"))  # 12 bits a value


def test_a_truncated_photo_is_refused_wherever_the_crop_lies():
    data = encode(noisy())
    for length in range(len(data) // 2, len(data), 37):
        for stop in (1, 40, 77):
            with pytest.raises(DecodeError, match="truncated or damaged"):
                crop(data[:length], Box(0, 0, stop, 93), 24)


def test_bytes_after_the_image_do_no_harm():
    data = encode(noisy(), subsampling="4:2:0")
    for stop in (1, 40, 77):
        assert np.array_equal(jpeg_rows(data + bytes(100), stop)[:stop], by_pillow(data)[:stop])


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_a_reduced_image_is_the_one_that_pillow_drafts(reduction, subsampling):
    data = encode(noisy(160, 200), subsampling=subsampling)
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (200 // reduction, 160 // reduction))
    expected = np.asarray(image)
    assert np.array_equal(jpeg_rows(data, 160, reduction), expected)
    stop = 160 // 2
    assert np.array_equal(jpeg_rows(data, stop, reduction)[: stop // reduction], expected[: stop // reduction])


SCALED = DecodeConfig(scaled_decoding=True)


def crop(data, box, resolution, config=SCALED):
    return decode_crop(data, lambda *_: box, lambda: "photo", config, resolution)


@pytest.mark.parametrize(
    ("side", "resolution", "decoded_side"), [(160, 80, 80), (159, 80, 159), (160, 20, 20), (160, 41, 80), (160, 1, 20)]
)
def test_a_crop_is_reduced_but_never_below_the_resolution(side, resolution, decoded_side):
    data = encode(noisy(200, 200))
    assert crop(data, Box(8, 16, side, side), resolution).shape == (decoded_side, decoded_side, 3)


def test_an_uneven_crop_is_rounded_outwards():
    data = encode(noisy(200, 200))
    assert crop(data, Box(3, 5, 101, 120), 50).shape == (51, 61, 3)


def test_crops_are_not_reduced_by_default():
    data = encode(noisy(200, 200))
    box = Box(3, 5, 101, 120)
    assert np.array_equal(crop(data, box, 20, DecodeConfig()), by_pillow(data)[3:104, 5:125])


def test_without_simplejpeg_pillow_gives_the_same_pixels_and_is_named(monkeypatch):
    data = encode(noisy(200, 200), subsampling="4:2:0")
    box = Box(3, 5, 160, 120)
    ours = [np.asarray(decode_rgb(data, "photo")), crop(data, box, 80, DecodeConfig()), crop(data, box, 50)]
    assert decoder_in_use().startswith("simplejpeg ")
    monkeypatch.setattr(jpeg, "simplejpeg", None)
    theirs = [np.asarray(decode_rgb(data, "photo")), crop(data, box, 80, DecodeConfig()), crop(data, box, 50)]
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one, other)
    assert decoder_in_use().startswith(f"Pillow {pillow_version} (libjpeg-turbo ")
    assert decoder_in_use().endswith("simplejpeg is not installed")

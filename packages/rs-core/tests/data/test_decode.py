"""Decoding, against torchvision's decoder and the definition of each format."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torchvision.io import ImageReadMode, decode_image

from rs_core.data.crop import Box
from rs_core.data.decode import DecodeConfig, DecodeError, decode_rgb
from rs_core.data.decode_crop import decode_crop
from rs_core.errors import UserError

# torchvision 0.29 announces that its decoders will move to another package.
pytestmark = pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")


@pytest.fixture(scope="module")
def photo(shared):
    """A real photo, small enough to encode in many ways."""
    path = next((shared / "data/imagenet_photos/train/n01622779").iterdir())
    return Image.open(path).convert("RGB").resize((96, 64))


def encode(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def decoded(data):
    image = decode_rgb(data, "photo")
    assert image.mode == "RGB"
    return np.asarray(image)


def decoded_by_torchvision(data):
    image = decode_image(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)
    return image.permute(1, 2, 0).numpy()


@pytest.mark.parametrize(("format", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {})])
def test_lossless_formats_give_the_pixels_back(photo, format, options):
    assert np.array_equal(decoded(encode(photo, format, **options)), np.asarray(photo))


def test_every_real_jpeg_decodes_as_torchvision_decodes_it(shared):
    for path in sorted((shared / "data/imagenet_photos/train").glob("n01[4-7]*/*")):
        data = path.read_bytes()
        difference = np.abs(decoded(data).astype(int) - decoded_by_torchvision(data))
        # Both use libjpeg-turbo, but not the same build.
        assert difference.max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_grey_palette_and_alpha_become_rgb_as_in_torchvision(photo, mode):
    image = photo.convert(mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.linear_gradient("L").resize(photo.size))
    data = encode(image, "PNG")
    assert np.array_equal(decoded(data), decoded_by_torchvision(data))


@pytest.mark.filterwarnings("error")
def test_a_transparent_palette_entry_keeps_its_colour(photo):
    image = photo.quantize(16)
    transparent = encode(image, "PNG", transparency=bytes([0, 128] + [255] * 14))
    assert np.array_equal(decoded(transparent), decoded(encode(image, "PNG")))


def test_a_cmyk_jpeg_shows_the_colours_it_was_made_from(photo):
    difference = decoded(encode(photo.convert("CMYK"), "JPEG", quality=100)).astype(int) - np.asarray(photo)
    assert np.abs(difference).mean() < 2


def test_a_grey_png_of_16_bits_keeps_the_upper_8():
    levels = np.random.default_rng(0).integers(0, 2**16, (20, 30), np.uint16)
    pixels = decoded(encode(Image.fromarray(levels), "PNG"))
    assert np.array_equal(pixels, np.repeat((levels >> 8)[..., None], 3, axis=2))


def test_the_format_is_told_from_the_bytes_not_from_the_name(photo):
    assert decode_rgb(encode(photo, "PNG"), "photo.JPEG").size == (96, 64)


def test_exif_orientation_is_not_applied(shared):
    data = (shared / "data/exif_orientation/padlock-406986_640_rotate_90.jpg").read_bytes()
    stored = Image.open(io.BytesIO(data))
    assert ImageOps.exif_transpose(stored).size == stored.size[::-1]
    assert np.array_equal(decoded(data), np.asarray(stored))


def one_line(error):
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_truncated_real_photo_is_named_with_a_remedy(shared):
    path = shared / "data/corrupt/truncated_000001.jpg"
    with pytest.raises(DecodeError) as caught:
        decode_rgb(path.read_bytes(), str(path))
    message = one_line(caught)
    assert message.startswith(f"{path}: truncated or damaged image (")
    assert message.endswith("replace the file or remove it from the data set")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP"])
def test_an_image_cut_anywhere_is_an_error_of_one_line(photo, format):
    data = encode(photo, format)
    for length in np.linspace(0, 0.9 * len(data), 40).astype(int):
        with pytest.raises(DecodeError) as caught:
            decode_rgb(data[:length], "cut")
        assert one_line(caught).startswith("cut: ")


def test_other_bytes_and_other_formats_are_refused_by_name(photo):
    for data in (b"", b"<html>not found</html>", encode(photo, "GIF")):
        with pytest.raises(DecodeError, match=r"a\.jpg: not a JPEG, PNG, WebP or BMP image"):
            decode_rgb(data, "a.jpg")


@pytest.mark.parametrize("limit", [96 * 64 - 1, 96 * 64 // 4])
def test_too_many_pixels_are_an_error_whether_pil_warns_or_refuses(photo, monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(DecodeError, match=rf"big\.png: more than {limit} pixels"):
        decode_rgb(encode(photo, "PNG"), "big.png")


@pytest.mark.filterwarnings("error")
def test_damaged_metadata_is_ignored_in_silence(photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    damaged = encode(photo, "JPEG", exif=exif.tobytes()[:-7])
    with pytest.warns(UserWarning, match="Corrupt EXIF data"):
        Image.open(io.BytesIO(damaged))
    assert np.array_equal(decoded(damaged), decoded(encode(photo, "JPEG")))


def png_of_16_bits(values, colour_type):
    """Return a PNG of uint16 values [H, W, channels], which Pillow cannot write (ISO/IEC 15948)."""
    height, width, _ = values.shape

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


@pytest.mark.parametrize(("channels", "colour_type"), [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_every_png_of_16_bits_keeps_the_upper_8_of_its_colours(channels, colour_type):
    values = np.random.default_rng(0).integers(0, 2**16, (20, 30, channels), np.uint16)
    colours = values[..., :3] if channels > 2 else np.repeat(values[..., :1], 3, axis=2)
    assert np.array_equal(decoded(png_of_16_bits(values, colour_type)), colours >> 8)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_crop_is_the_part_of_the_whole_image_in_every_format(photo, format, mode):
    if mode == "CMYK" and format != "JPEG":
        pytest.skip("CMYK is for JPEG alone")
    data = encode(photo.convert(mode), format)
    crop = decode_crop(data, lambda *_size: Box(5, 7, 40, 50), lambda: "photo", DecodeConfig(), 24)
    assert np.array_equal(crop, decoded(data)[5:45, 7:57])


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_crop_of_too_many_pixels_is_refused_before_it_is_decoded(photo, monkeypatch, format):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 96 * 64 - 1)
    with pytest.raises(DecodeError, match=r"big: more than 6143 pixels"):
        decode_crop(encode(photo, format), lambda *_size: Box(0, 0, 1, 1), lambda: "big", DecodeConfig(), 24)


def test_a_device_decodes_whole_images_only():
    with pytest.raises(UserError, match=r"^data\.decode\.on_device decodes whole images; leave out data\."):
        DecodeConfig(on_device=True, scaled_decoding=True)

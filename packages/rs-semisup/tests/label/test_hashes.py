"""Hashes of bytes and of pixels: what is the same has the same one, what looks the same a near one."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from rs_semisup.label.hashes import content_hash, perceptual_hash


@pytest.fixture(scope="module")
def photos(shared):
    paths = sorted((shared / "data/photos_cc0").rglob("*.jpg"))
    return [Image.open(path).convert("RGB") for path in paths]


def distance(one, other):
    return (one ^ other).bit_count()


def test_the_content_hash_is_blake2b_of_eight_bytes():
    assert content_hash(b"abc") == int.from_bytes(hashlib.blake2b(b"abc", digest_size=8).digest(), "little")
    assert content_hash(b"") != content_hash(b"\0")


def test_the_perceptual_hash_is_that_of_imagehash(photos):
    imagehash = pytest.importorskip("imagehash")
    theirs = [int(str(imagehash.phash(photo)), 16) for photo in photos]
    distances = [distance(perceptual_hash(photo), other) for photo, other in zip(photos, theirs, strict=True)]
    assert max(distances) <= 2
    assert sum(distances) <= 2


def test_the_perceptual_hash_is_the_lowest_frequencies_above_their_median(photos):
    fft = pytest.importorskip("scipy.fft")
    for photo in photos:
        grey = np.asarray(photo.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float64)
        lowest = fft.dctn(grey, type=2)[:8, :8]
        bits = "".join("01"[int(value > np.median(lowest))] for value in lowest.ravel())
        assert distance(perceptual_hash(photo), int(bits, 2)) <= 2


def test_a_photo_that_is_encoded_anew_or_resized_or_brightened_is_near(photos):
    for photo in photos:
        original = perceptual_hash(photo)
        stream = io.BytesIO()
        photo.save(stream, "JPEG", quality=60)
        assert distance(original, perceptual_hash(Image.open(stream))) <= 6
        half = photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.BICUBIC)
        assert distance(original, perceptual_hash(half)) <= 6
        assert distance(original, perceptual_hash(ImageEnhance.Brightness(photo).enhance(0.9))) <= 6


def test_different_photos_are_far_apart(photos):
    hashes = [perceptual_hash(photo) for photo in photos]
    pairs = [distance(one, other) for place, one in enumerate(hashes) for other in hashes[:place]]
    assert np.median(pairs) > 24
    assert np.quantile(pairs, 0.05) > 12


@pytest.mark.parametrize("shade", [0, 1, 128, 255])
def test_an_image_of_one_shade_has_no_frequencies_but_the_mean(shade):
    assert perceptual_hash(Image.new("RGB", (50, 40), (shade,) * 3)) == (2**63 if shade else 0)


def test_any_mode_and_size_will_do():
    for mode in ("L", "RGB", "CMYK", "P"):
        assert 0 <= perceptual_hash(Image.new(mode, (1, 3))) < 2**64

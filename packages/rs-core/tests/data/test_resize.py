"""Resizing against TensorFlow: recorded, and run where it is installed."""

from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rs_core.data.crop import Box
from rs_core.data.resize import (
    Resize,
    crop_and_resize,
    pixel_type,
    resize_float_into,
    resize_into,
    tf1_bicubic,
    tf1_bicubic_clipped,
    tf2_bilinear,
)

# Shrinking, enlarging, both at once, not at all, and single pixels.
SIZES = [
    ((437, 437), (224, 224)),
    ((328, 329), (160, 160)),
    ((7, 5), (33, 41)),
    ((100, 301), (256, 77)),
    ((64, 64), (64, 64)),
    ((255, 255), (256, 256)),
    ((1, 9), (3, 1)),
]


def noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def photo(shared):
    return Image.open(next((shared / "data/imagenet_photos/train/n01622779").iterdir())).convert("RGB")


@pytest.mark.slow  # importing TensorFlow takes most of it
def test_every_size_is_bit_for_bit_what_tensorflow_gives(tensorflow):
    for source, target in SIZES:
        pixels = noise(*source)
        bicubic = tensorflow.compat.v1.image.resize_bicubic(pixels[None], target)[0].numpy()
        bilinear = tensorflow.image.resize(pixels[None], target)[0].numpy()
        assert np.array_equal(tf1_bicubic(pixels, target), bicubic), (source, target)
        assert np.array_equal(tf2_bilinear(pixels, target), bilinear), (source, target)


@pytest.mark.parametrize(("source", "target"), SIZES)
def test_bilinear_is_pytorchs_but_for_rounding(source, target):
    pixels = noise(*source)
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].double()
    expected = F.interpolate(planes, target, mode="bilinear", align_corners=False, antialias=False)
    # On each axis float32 displaces a source place by about its own rounding, between pixels up to 255 levels apart.
    tolerance = 2 * 255 * max(source) * 2**-23
    ours = tf2_bilinear(pixels, target)
    np.testing.assert_allclose(ours, expected[0].permute(1, 2, 0), rtol=0, atol=tolerance)


@settings(deadline=None)
@given(
    source=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    target=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    level=st.integers(0, 255),
)
def test_one_colour_stays_that_colour_at_every_size(source, target, level):
    pixels = np.full((*source, 3), level, np.uint8)
    for resize in (tf1_bicubic, tf2_bilinear):
        resized = resize(pixels, target)
        assert resized.dtype == np.float32
        assert resized.shape == (*target, 3)
        # The four cubic weights add up to 1 within float32 rounding.
        np.testing.assert_allclose(resized, level, rtol=1e-6, atol=0)


def test_bicubic_is_not_clipped():
    edge = np.repeat(np.array([0, 255], np.uint8), 4)[None, :, None].repeat(8, axis=0)
    resized = tf1_bicubic(edge, (8, 16))
    assert resized.min() < -5
    assert resized.max() > 260


def test_the_clipped_bicubic_is_the_other_cut_off_at_black_and_white():
    pixels = noise(40, 30)
    resized = tf1_bicubic(pixels, (90, 70))
    clipped = tf1_bicubic_clipped(pixels, (90, 70))
    inside = (resized >= 0) & (resized <= 255)
    assert clipped.dtype == np.float32
    assert np.array_equal(clipped[inside], resized[inside])
    assert np.array_equal(clipped[resized < 0], np.zeros((resized < 0).sum()))
    assert np.array_equal(clipped[resized > 255], np.full((resized > 255).sum(), 255))
    assert 0.01 < (~inside).mean() < 0.5


def test_tensorflows_kernels_see_the_box_alone():
    pixels = noise(40, 60)
    box = Box(3, 20, 16, 24)
    crop = pixels[3:19, 20:44]
    image = Image.fromarray(pixels)
    assert np.array_equal(crop_and_resize(image, box, (20, 10), "tf1_bicubic"), tf1_bicubic(crop, (20, 10)))
    assert np.array_equal(crop_and_resize(image, box, (20, 10), "tf2_bilinear"), tf2_bilinear(crop, (20, 10)))


@pytest.mark.parametrize("method", get_args(Resize))
def test_a_crop_at_its_own_size_is_the_pixels_of_the_box(method):
    pixels = noise(40, 60)
    crop = crop_and_resize(Image.fromarray(pixels), Box(3, 20, 16, 18), (16, 18), method)
    assert crop.dtype == pixel_type(method)
    assert np.array_equal(crop, pixels[3:19, 20:38])


@pytest.mark.parametrize(
    ("method", "resampling"),
    [("pil_bicubic", Image.Resampling.BICUBIC), ("pil_bilinear", Image.Resampling.BILINEAR)],
)
def test_pils_filters_are_pils_of_the_crop_except_near_its_edges(photo, method, resampling):
    ours = crop_and_resize(photo, Box(40, 60, 250, 250), (100, 100), method)
    theirs = np.asarray(photo.crop((60, 40, 310, 290)).resize((100, 100), resampling))
    assert ours.dtype == np.uint8
    assert np.array_equal(ours[3:-3, 3:-3], theirs[3:-3, 3:-3])


@pytest.mark.parametrize("side", [24, 160, 224])
def test_the_fast_bicubic_is_pils_within_a_level_on_real_crops(shared, side):
    differences = []
    for place, path in enumerate(sorted((shared / "data/imagenet_photos/train").rglob("*.JPEG"))[:12]):
        with Image.open(path) as photo:
            pixels = np.array(photo.convert("RGB"))[7 * place : 200 + 9 * place, 5 : 290 - 11 * place]
        # Columns first, then rows: Pillow takes either order since release 13.
        narrow = Image.fromarray(pixels).resize((side, len(pixels)), Image.Resampling.BICUBIC)
        expected = np.asarray(narrow.resize((side, side), Image.Resampling.BICUBIC)).astype(int)
        out = torch.empty(3, side, side, dtype=torch.uint8)
        resize_into(pixels, out)
        differences.append(np.abs(out.permute(1, 2, 0).numpy() - expected))
    assert np.max(differences) <= 2
    assert np.mean(np.array(differences) > 0) < 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5), (24, 24)])
def test_the_fast_bicubic_takes_images_of_any_size(size):
    out = torch.empty(3, 24, 24, dtype=torch.uint8)
    resize_into(np.full((*size, 3), (1, 128, 255), np.uint8), out)
    assert out.flatten(1).unique(dim=1).tolist() == [[1], [128], [255]]


def test_the_fast_bicubic_writes_into_a_batch_and_reads_a_part_of_an_image():
    image = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
    batch = torch.zeros(2, 3, 8, 9, dtype=torch.uint8)
    resize_into(image[5:40, 7:30], batch[1])
    alone = torch.empty(3, 8, 9, dtype=torch.uint8)
    resize_into(image[5:40, 7:30].copy(), alone)
    assert torch.equal(batch[1], alone)
    assert not batch[0].any()


@pytest.mark.parametrize("size", [(24, 24), (7, 40), (90, 3)])
def test_in_float_the_fast_bicubic_is_the_same_within_a_level_where_nothing_overshoots(size):
    rng = np.random.default_rng(0)
    pixels = rng.integers(100, 140, (61, 47, 3), np.uint8)
    whole, exact = torch.empty(3, *size, dtype=torch.uint8), torch.empty(3, *size)
    resize_into(pixels, whole)
    resize_float_into(torch.from_numpy(pixels).permute(2, 0, 1), exact)
    assert (exact - whole).abs().max() <= 1.5


def test_in_float_the_fast_bicubic_is_neither_rounded_nor_clipped():
    edge = torch.zeros(3, 8, 8, dtype=torch.uint8)
    edge[:, :, 4:] = 255
    out = torch.empty(3, 8, 21)
    resize_float_into(edge, out)
    assert out.min() < 0
    assert out.max() > 255
    assert (out != out.round()).any()

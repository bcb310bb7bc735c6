"""Random and centre crops, against what TensorFlow drew and computed."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.functional import _compute_resized_output_size, center_crop

from rs_core.data.crop import Box, RandomCropConfig, centre_box, centre_crop_box, random_crop_box, short_edge_size
from rs_core.errors import UserError

# Cumulative shares of 200,000 boxes that tf.image.sample_distorted_bounding_box (tensorflow-cpu 2.15.1) drew
# with the whole image as the only object, min_object_covered 0.1, aspect 3/4..4/3, area 0.08..1, 10 attempts;
# boxes of the whole image replaced by the centre crop, as the released code does. For (image height, width),
# pairs (t, share of boxes whose value is at most t). The last two sizes often fall back or need rounding.
TENSORFLOW_DREW = {
    (375, 500): {
        "y": ((4, 0.1046), (44, 0.5024), (140, 0.9005)),
        "x": ((18, 0.1024), (103, 0.5032), (239, 0.9017)),
        "h": ((160, 0.1022), (255, 0.5012), (352, 0.9032)),
        "w": ((161, 0.1024), (257, 0.5010), (385, 0.9015)),
    },
    (100, 400): {
        "y": ((0, 0.1386), (6, 0.5093), (22, 0.9108)),
        "x": ((31, 0.1022), (157, 0.5030), (283, 0.9023)),
        "h": ((66, 0.1169), (82, 0.5204), (97, 0.9185)),
        "w": ((65, 0.1035), (82, 0.5112), (109, 0.9035)),
    },
    (300, 30): {
        "y": ((31, 0.1024), (136, 0.5888), (234, 0.9017)),
        "x": ((0, 0.7291), (1, 0.9742)),
        "h": ((26, 0.1532), (34, 0.6237), (37, 0.9130)),
        "w": ((26, 0.1592), (29, 0.5932)),
    },
    (7, 5): {
        "y": ((0, 0.3285), (1, 0.6128), (2, 0.8194), (3, 0.9423)),
        "x": ((0, 0.7060), (1, 0.9184)),
        "h": ((2, 0.2918), (3, 0.5463), (4, 0.8095), (5, 0.9449)),
        "w": ((2, 0.2461), (3, 0.5047), (4, 0.7539)),
    },
}

NUM_DRAWS = 20_000
VARIANCE_OF_TWO_SAMPLES = 1 / NUM_DRAWS + 1 / 200_000


def sigmas(values: np.ndarray, threshold: int, expected: float) -> float:
    """Return how many standard errors the share of ``values`` up to a threshold is from TensorFlow's."""
    share = (values <= threshold).mean()
    return abs(share - expected) / math.sqrt(expected * (1 - expected) * VARIANCE_OF_TWO_SAMPLES)


@pytest.mark.parametrize("size", TENSORFLOW_DREW)
def test_crops_are_distributed_as_tensorflow_draws_them(size):
    rng = np.random.default_rng(0)
    drawn = np.array([random_crop_box(*size, RandomCropConfig(), rng) for _ in range(NUM_DRAWS)])
    for column, name in enumerate("yxhw"):
        for threshold, expected in TENSORFLOW_DREW[size][name]:
            assert sigmas(drawn[:, column], threshold, expected) < 4, (name, threshold)


def test_rounding_on_a_tiny_image_is_mended_within_both_area_limits_as_in_tensorflow():
    # Shares of (height, width) among 200,000 boxes that TensorFlow drew on 7x5 pixels, as above but for the area.
    tensorflow_drew = {(3, 3): 0.5354, (3, 4): 0.2860, (4, 3): 0.1786}
    rng = np.random.default_rng(0)
    boxes = [random_crop_box(7, 5, RandomCropConfig(area=(0.2, 0.4)), rng) for _ in range(NUM_DRAWS)]
    drawn = Counter((box.h, box.w) for box in boxes)
    assert drawn.keys() == tensorflow_drew.keys()
    for size, expected in tensorflow_drew.items():
        error = math.sqrt(expected * (1 - expected) * VARIANCE_OF_TWO_SAMPLES)
        assert abs(drawn[size] / NUM_DRAWS - expected) < 4 * error


def test_the_comparison_tells_tensorflow_from_torchvision():
    torch.manual_seed(0)
    photo = torch.empty(3, 375, 500)
    boxes = [RandomResizedCrop.get_params(photo, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(NUM_DRAWS)]
    heights = np.array(boxes)[:, 2]
    threshold, expected = TENSORFLOW_DREW[375, 500]["h"][1]
    assert sigmas(heights, threshold, expected) > 20


@settings(deadline=None)
@given(height=st.integers(1, 600), width=st.integers(1, 600), seed=st.integers(0, 2**32))
def test_random_crops_lie_within_the_image_and_keep_the_limits(height, width, seed):
    box = random_crop_box(height, width, RandomCropConfig(), np.random.default_rng(seed))
    assert 0 <= box.y <= box.y + box.h <= height
    assert 0 <= box.x <= box.x + box.w <= width
    if box != centre_crop_box(height, width, 224, "tf2"):
        assert box.h * box.w >= 0.1 * height * width
        assert math.floor(box.h * 0.75) <= box.w <= math.ceil(box.h * 4 / 3)


def test_a_draw_of_the_whole_image_becomes_the_centre_crop_as_in_the_release():
    config = RandomCropConfig(area=(1.0, 1.0), aspect=(1.0, 1.0))
    box = random_crop_box(64, 64, config, np.random.default_rng(0))
    assert box == Box(4, 4, 56, 56)


@pytest.mark.parametrize(
    "wrong",
    [
        {"area": (0.0, 1.0)},
        {"area": (0.5, 0.4)},
        {"area": (0.5, 1.1)},
        {"aspect": (2.0, 1.0)},
        {"num_attempts": 0},
        {"min_object_covered": -0.1},
    ],
)
def test_impossible_limits_are_refused_by_name(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        RandomCropConfig(**wrong)


def test_centre_crops_equal_every_recorded_box(shared):
    recorded = np.load(shared / "oracles" / "crops.npz")
    targets = recorded["box_target"].tolist()
    for size, tf1_boxes, tf2_box in zip(
        recorded["box_image_hw"].tolist(), recorded["t1_box"], recorded["t2_box"], strict=True
    ):
        for target, tf1_box in zip(targets, tf1_boxes, strict=True):
            assert centre_crop_box(*size, target, "tf1") == tuple(tf1_box)
            assert centre_crop_box(*size, target, "tf2") == tuple(tf2_box)


def test_centre_crops_of_the_recorded_photos_equal_tensorflows(shared):
    recorded = np.load(shared / "oracles" / "crops.npz")
    for photo in ("photo0", "photo1", "photo2"):
        size = recorded[f"{photo}_hw"].tolist()
        ours = [centre_crop_box(*size, resolution, "tf1") for resolution in (160, 224)]
        assert np.array_equal(ours, recorded[f"{photo}_t1_box"])
        assert centre_crop_box(*size, 160, "tf2") == tuple(recorded[f"{photo}_t2_box"])


def test_the_tf1_side_is_rounded_in_float32():
    # 256 / 293 * 293 is 256 in float64; TensorFlow, in float32, makes it 255.
    assert centre_crop_box(293, 400, 256, "tf1").h == 255


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((500, 375), Box(86, 24, 328, 328)),  # 0.875 of the short edge are 328.125 pixels
        ((303, 400), Box(19, 68, 265, 265)),  # 265.125
        ((302, 309), Box(19, 23, 264, 264)),  # 264.25
        ((306, 309), Box(19, 21, 268, 268)),  # 267.75
        ((300, 301), Box(19, 20, 262, 262)),  # 262.5: half a pixel goes to the even side
        ((308, 309), Box(19, 20, 270, 270)),  # 269.5
    ],
)
def test_simclr_rounds_the_side_to_the_nearest_pixel(size, box):
    assert [centre_crop_box(*size, resolution, "simclr") for resolution in (160, 224)] == [box, box]


@pytest.mark.parametrize("rule", ["tf1", "tf2", "simclr"])
def test_the_smallest_image_has_a_centre_crop(rule):
    assert centre_crop_box(1, 1, 224, rule) == Box(0, 0, 1, 1)


@pytest.mark.parametrize("rule", ["tf1", "tf2", "simclr"])
def test_a_fraction_of_one_keeps_the_whole_short_edge(rule):
    assert centre_crop_box(300, 400, 224, rule, 1.0) == Box(0, 50, 300, 300)


@settings(deadline=None)
@given(height=st.integers(1, 3000), width=st.integers(1, 3000), side=st.integers(1, 400), extra=st.integers(0, 60))
def test_resizing_and_cropping_take_the_places_that_torchvision_takes(height, width, side, extra):
    size = short_edge_size(height, width, side + extra)
    assert list(size) == _compute_resized_output_size((height, width), [side + extra])
    # On the meta device torchvision makes views but no pixels: where the view starts is the corner of its crop.
    crop = center_crop(torch.empty(size, device="meta"), [side, side])
    assert centre_box(*size, side) == (*divmod(crop.storage_offset(), size[1]), *crop.shape)

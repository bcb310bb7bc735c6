"""What is in a scene, and that all that is said of it agrees."""

import numpy as np
import pytest

from rs_transfer.scenes.scene import DIFFICULT_SHARE, FEWEST_PIXELS, compose, light, see
from rs_transfer.scenes.shapes import CLASS_NAMES, load_shapes

SIDE = 96


@pytest.fixture(scope="module")
def composed():
    shapes = load_shapes("train")
    return [compose(shapes, SIDE, np.random.default_rng([1, number])) for number in range(40)]


def test_the_same_numbers_give_the_same_scene():
    shapes = load_shapes("train")
    first, again, other = (compose(shapes, SIDE, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.depth_m, again.depth_m)
    assert first.digits == again.digits
    assert not np.array_equal(first.image, other.image)


def test_no_digit_is_in_two_parts():
    names = ("train", "test_2007", "test_2012")
    parts = [{shape.ink.tobytes() for shape in load_shapes(name)} for name in names]
    assert not set.intersection(*parts)
    assert sum(map(len, parts)) == len(set.union(*parts))
    for name in names:
        assert {shape.label for shape in load_shapes(name)} == set(range(len(CLASS_NAMES)))


def test_a_box_is_exactly_around_what_is_seen_of_a_digit(composed):
    for scene in composed:
        boxes = []
        for number in range(1, len(scene.labels) + 1):
            rows, columns = np.nonzero(scene.numbers == number)
            if len(rows) >= FEWEST_PIXELS:
                boxes.append((columns.min(), rows.min(), columns.max(), rows.max()))
        assert boxes == [digit.box for digit in scene.digits]


def test_nearer_digits_hide_farther_ones_and_are_larger(composed):
    heights, distances = [], []
    for scene in composed:
        assert [digit.distance_m for digit in scene.digits] == sorted(
            (digit.distance_m for digit in scene.digits), reverse=True
        )
        for digit in scene.digits:
            if not digit.difficult and not digit.truncated:
                heights.append(digit.box[3] - digit.box[1] + 1)
                distances.append(digit.distance_m)
    assert np.corrcoef(heights, 1 / np.array(distances))[0, 1] > 0.8
    assert any(digit.difficult for scene in composed for digit in scene.digits)
    assert any(digit.truncated for scene in composed for digit in scene.digits)


def test_depth_is_that_of_the_digit_in_front_else_of_the_background(composed):
    for scene in composed:
        for digit in scene.digits:
            assert (scene.depth_m[scene.numbers == digit.number] == digit.distance_m).all()
        for depth_m, numbers in zip(scene.depth_m, scene.numbers, strict=True):
            assert len(set(depth_m[numbers == 0])) <= 1


def test_contours_are_the_pixels_behind_that_touch_a_digit(composed):
    for scene in composed:
        contours = scene.contours()
        for row, column in np.ndindex(contours.shape):
            beside = [
                scene.numbers[r, c]
                for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
                if 0 <= r < SIDE and 0 <= c < SIDE
            ]
            assert contours[row, column] == (max(beside) > scene.numbers[row, column])


def test_light_falls_with_distance():
    assert light(1.0) > light(2.0) > light(8.0) > 0.3


def test_what_is_hardly_seen_is_difficult_or_has_no_box():
    numbers = np.zeros((SIDE, SIDE), np.int64)
    numbers[10:14, 20:25] = 3
    area = int(20 / DIFFICULT_SHARE)
    plain = see(numbers, 3, 2, 1.5, area, truncated=False)
    assert (plain.box, plain.difficult) == ((20, 10, 24, 13), False)
    assert see(numbers, 3, 2, 1.5, area + 2, truncated=False).difficult
    numbers[10:13] = 0
    assert see(numbers, 3, 2, 1.5, area, truncated=False) is None

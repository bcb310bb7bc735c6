"""Pictures of one digit each, to learn from before scenes of other digits."""

import io

import numpy as np
import pytest
from PIL import Image

from rs_transfer.digits import SOURCE, TARGET, index_some_digits
from rs_transfer.scenes.pictures import PICTURE_PX, index_pictures


@pytest.fixture(scope="module")
def pictures():
    return index_pictures("val")


def test_the_digits_come_first_as_they_are_then_cut_out_of_scenes(pictures):
    digits = index_some_digits("val", SOURCE)
    assert len(pictures) > 1.5 * len(digits)
    assert [pictures.read(row) for row in range(len(digits))] == [digits.read(row) for row in range(len(digits))]
    with Image.open(io.BytesIO(pictures.read(len(digits)))) as image:
        assert (image.size, image.mode) == ((PICTURE_PX, PICTURE_PX), "RGB")


def test_every_class_is_there_often_and_no_digit_that_is_transferred_to(pictures):
    assert pictures.class_names == tuple(str(digit) for digit in SOURCE)
    counts = np.bincount(pictures.labels, minlength=len(SOURCE))
    assert counts.min() > counts.max() / 2
    targets = {index_some_digits("val", TARGET).read(row) for row in range(5)}
    assert not targets & {pictures.read(row) for row in range(len(pictures))}


def test_a_picture_shows_the_digit_of_its_label(pictures):
    """Light ink on a dark body: its bright pixels are like those of the digits of its class, more than of others."""
    digits = index_some_digits("val", SOURCE)
    plain = np.stack([grey(digits, row) for row in range(len(digits))])
    means = np.stack([plain[digits.labels == label].mean(0) for label in range(len(SOURCE))])
    rows = range(len(digits), len(pictures))
    scores = np.stack([standardized(grey(pictures, row)) for row in rows]) @ standardized(means).T
    assert (scores.argmax(1) == pictures.labels[len(digits) :]).mean() > 0.4  # a fifth is chance


def grey(index, row):
    with Image.open(io.BytesIO(index.read(row))) as image:
        return np.asarray(image.convert("L").resize((16, 16)), np.float64).ravel()


def standardized(rows):
    shifted = rows - rows.mean(-1, keepdims=True)
    return shifted / np.linalg.norm(shifted, axis=-1, keepdims=True)

"""What the pictures show."""

import numpy as np
from PIL import Image

from rs_semisup.select.counts import NUM_BINS
from rs_semisup.select.pictures import draw_classes, draw_confidence, hundredths


def test_confidences_are_counted_in_hundredths():
    predicted = np.zeros((2, NUM_BINS + 1), np.int64)
    predicted[0, [0, 9, 10, 999]] = [1, 2, 4, 8]
    predicted[1, [9, 1000]] = [16, 32]
    before = predicted.copy()
    shown = hundredths(predicted)
    assert (shown[0], shown[1], shown[99], shown.sum()) == (19, 4, 40, 63)
    assert np.array_equal(predicted, before)


def test_pictures_have_the_size_that_is_said(tmp_path):
    draw_confidence(np.ones((3, NUM_BINS + 1), np.int64), 0.3, tmp_path / "confidence.png")
    numbers = np.array([5, 0, 130_000])
    draw_classes(numbers, numbers, numbers, tmp_path / "classes.png")
    for name in ("confidence", "classes"):
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.size == (1000, 450)
            assert len(np.unique(np.asarray(image.convert("L")))) > 10

"""The built-in handwritten digits."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rs_core.data import digits
from rs_core.data.decode import decode_rgb
from rs_core.data.digits import digits_file, index_digits
from rs_core.errors import UserError

SOURCE = load_digits()


def number_of(name: str) -> int:
    return int(name.removeprefix("digit "))


def standardized(pixels: np.ndarray) -> np.ndarray:
    """Shift and scale each row to mean 0 and norm 1."""
    shifted = pixels - pixels.mean(-1, keepdims=True)
    return shifted / np.linalg.norm(shifted, axis=-1, keepdims=True)


@pytest.mark.parametrize("split", ["train", "val"])
def test_each_sample_is_the_digit_it_is_named_after(split):
    index = index_digits(split)
    for row in range(0, len(index), 37):
        number = number_of(index.name(row))
        pixels = np.asarray(decode_rgb(index.read(row), index.name(row)), np.float64)[..., 0]
        drawn = pixels[4:28, 4:28].reshape(8, 3, 8, 3).mean((1, 3)) / 255 * 16
        assert np.argmax(standardized(SOURCE.data) @ standardized(drawn.ravel())) == number  # of all correlations
        assert index.class_names[index.labels[row]] == str(SOURCE.target[number])


def test_a_digit_has_an_empty_margin_that_evaluation_may_crop():
    index = index_digits("val")
    pixels = np.asarray(decode_rgb(index.read(0), index.name(0)))
    assert pixels.shape == (32, 32, 3)
    assert pixels[4:28, 4:28].max() == 255
    assert pixels.sum() == pixels[4:28, 4:28].sum()


def test_every_fifth_digit_is_held_out_and_none_is_lost():
    train, val = (
        {number_of(index.name(row)) for row in range(len(index))}
        for index in (index_digits("train"), index_digits("val"))
    )
    assert val == set(range(4, 1797, 5))
    assert train == set(range(1797)) - val


def test_missing_scikit_learn_is_answered_with_what_to_install(monkeypatch):
    monkeypatch.setattr(digits, "find_spec", lambda package: None)
    with pytest.raises(UserError, match=r"pip install 'rs-core\[train\]'"):
        digits_file()


def test_scikit_learn_is_not_imported():
    code = "import sys; from rs_core.data.digits import *; index_digits('val'); sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

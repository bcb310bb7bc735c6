"""Copies bring classes to the same number of rows, on average exactly, and in a way that can be repeated."""

import numpy as np
import pytest

from rs_semisup.select.copies import copies_wanted, round_at_random, uniform

GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1


def splitmix64(value: int) -> int:
    """The generator's step as its authors write it, in whole numbers of any size."""
    z = (value + GOLDEN) & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def test_full_classes_get_one_row_an_image_and_others_more():
    assert copies_wanted(np.array([5, 10, 11, 4, 0]), 10, 0).tolist() == [2, 1, 1, 2.5, 10]
    assert copies_wanted(np.array([1, 4]), 10, 2).tolist() == [2, 2]


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63])
def test_numbers_follow_from_seed_and_row_as_splitmix64_has_it(seed):
    rows = np.array([0, 1, 2, 129_999_999, 2**40])
    expected = [(splitmix64((row + splitmix64(seed % 2**64)) & MASK) >> 11) / 2**53 for row in rows.tolist()]
    assert uniform(rows, seed).tolist() == expected


def test_rounding_keeps_the_mean_and_gives_one_of_two_neighbours():
    values = np.repeat([1.0, 1.25, 3.9], 100_000)
    rounded = round_at_random(values, np.arange(len(values)), seed=3)
    for value, part in zip((1.0, 1.25, 3.9), rounded.reshape(3, -1), strict=True):
        assert set(part.tolist()) <= {int(np.floor(value)), int(np.ceil(value))}
        # Five standard deviations of a mean of 100,000 draws of at most 0.5 each.
        assert abs(part.mean() - value) < 5 * 0.5 / np.sqrt(100_000)


def test_another_seed_rounds_other_rows():
    values, rows = np.full(1000, 1.5), np.arange(1000)
    assert not np.array_equal(round_at_random(values, rows, 0), round_at_random(values, rows, 1))


def test_a_row_is_rounded_the_same_wherever_it_stands():
    rows = np.random.default_rng(0).permutation(1000)
    values = np.linspace(1, 4, 1000)
    whole = round_at_random(values[rows], rows, 7)
    assert np.array_equal(whole, round_at_random(values, np.arange(1000), 7)[rows])

"""Ranges are taken when they are asked for, if nobody did them in the meantime."""

from itertools import islice

import pytest

from rs_semisup.label import label
from rs_semisup.label.claims import open_claims
from rs_semisup.label.free_ranges import take_free_ranges


@pytest.fixture
def predictions(config):
    """Six ranges of which only number 2 is there."""
    predictions = label(config())
    for number in (0, 1, 3, 4, 5):
        predictions.path(number).unlink()
    return predictions


@pytest.fixture
def claims(predictions):
    with open_claims(predictions.directory / "claims") as claims:
        yield claims


def test_they_come_in_order_from_the_first_one_and_then_around(predictions, claims):
    assert list(take_free_ranges(predictions, claims, first=3)) == [3, 4, 5, 0, 1]
    assert list(take_free_ranges(predictions, claims, first=0)) == [0, 1, 3, 4, 5]


def test_one_that_was_done_in_the_meantime_is_passed_over(predictions, claims):
    free = take_free_ranges(predictions, claims, first=0)
    assert list(islice(free, 2)) == [0, 1]
    predictions.path(3).write_bytes(predictions.path(2).read_bytes())
    assert list(free) == [4, 5]


def test_none_is_claimed_before_it_is_asked_for(predictions, claims, monkeypatch):
    taken = []
    monkeypatch.setattr(claims, "take", lambda number: taken.append(number) or True)
    free = take_free_ranges(predictions, claims, first=0)
    next(free)
    assert taken == [0]

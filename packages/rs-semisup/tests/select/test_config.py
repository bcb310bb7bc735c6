"""Settings out of range, one line each."""

from dataclasses import replace
from pathlib import Path

import pytest

from rs_semisup.select import SelectConfig

CONFIG = SelectConfig(predictions=Path("p"), index=Path("i"), out=Path("o"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 1.1}, "threshold=1.1: give a probability, 0 to 1"),
        ({"threshold": float("nan")}, "threshold=nan: give a probability, 0 to 1"),
        ({"per_class": 0}, "per_class=0: give at least 1 image of each class"),
        ({"max_copies": -1}, "max_copies=-1: give at least 1, or 0 for no limit"),
        ({"labels": "sof"}, "labels='sof': choose from ['soft', 'hard'] (did you mean 'soft'?)"),
        ({"max_hash_distance": 13}, "max_hash_distance=13: give 0 to 12 bits, or -1 to compare the bytes"),
        ({"max_hash_distance": 3}, "max_hash_distance compares with labelled and held_out; give one of them too"),
        ({"memory_limit": "much"}, "memory_limit='much': give a size, such as 4GB"),
        ({"num_workers": 0}, "num_workers=0: give at least 1"),
        ({"out": Path("i")}, "i: is read for the selection; give another folder for it"),
        ({"out": Path("h"), "held_out": (Path("h/"),)}, "h: is read for the selection; give another folder for it"),
    ],
)
def test_each_is_one_line(refusal, changes, message):
    assert refusal(replace, CONFIG, **changes) == message

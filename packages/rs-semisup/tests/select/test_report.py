"""The page that a selection leaves."""

from dataclasses import replace
from pathlib import Path

import pytest

from rs_semisup.select import SelectConfig, SelectionReport
from rs_semisup.select.report import Spread, page

CONFIG = SelectConfig(predictions=Path("p"), index=Path("i"), out=Path("o"))


@pytest.fixture
def report():
    return SelectionReport(
        directory=Path("o"),
        num_rows=1_000_000,
        num_unreadable=7,
        num_below=400_000,
        num_removed={"exact, labelled": 12, "near, held out": 34},
        num_over=100_000,
        num_images=499_947,
        num_duplicated=9,
        num_selected=500_000,
        num_compared=50_000,
        num_not_compared=0,
        per_class_before=Spread(min=0, median=250.5, max=99_999),
        per_class_after=Spread(min=0, median=1300, max=1301),
        empty_classes=(),
        seconds=12.3,
    )


def test_it_has_a_row_for_every_reason(report):
    text = page(report, CONFIG, "a teacher")
    for row in (
        "| of the index | 1,000,000 |",
        "| unreadable, without a prediction | 7 |",
        "| below the threshold of 0.3 | 400,000 |",
        "| removed as duplicates: exact, labelled | 12 |",
        "| removed as duplicates: near, held out | 34 |",
        "| beyond 130,000 of their class | 100,000 |",
        "| **different images chosen** | 499,947 |",
        "| **rows of this index** | 500,000 (53 of them copies) |",
        "| before: certain enough and no duplicate | 0 / 250.5 / 99,999 |",
        "| after: rows of this index | 0 / 1,300 / 1,301 |",
        "It took 12.3 seconds.",
    ):
        assert row in text


def test_it_says_what_images_were_compared_with(report):
    assert "so none was removed for that" in page(report, CONFIG, "a teacher")
    config = replace(CONFIG, labelled=Path("l"), held_out=(Path("h"),), max_hash_distance=3)
    text = page(replace(report, num_not_compared=2), config, "a teacher")
    assert (
        "the bytes, or a perceptual hash up to 3 bits apart from that, of one of 50,000 images of `l`, `h`; 2" in text
    )


def test_many_classes_without_images_are_named_in_part(report):
    names = tuple(f"class {number}" for number in range(60))
    text = page(replace(report, empty_classes=names), CONFIG, "a teacher")
    assert "No image of 60 of the classes: class 0, class 1, " in text
    assert "class 49, … (all are in `selection.json`)." in text
    assert "class 50" not in text


def test_in_a_line_it_says_how_many(report):
    assert str(report) == "499,947 of 1,000,000 images chosen, 500,000 rows in o"

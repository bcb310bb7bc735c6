"""Rows beside their parents: gains of ours and published ones, also over rows that were left out."""

from dataclasses import replace

import pytest

from rs_core.study.ladder.listing import listing
from rs_core.study.ladder.report import mean_and_spread, page, table
from rs_core.study.ladder.results import row_results
from rs_core.study.ladder.rows import published_rows, rows_to_train

TOP1 = {"resnet_200": [90.0, 92.0], "resnet_200_cosine": [91.0, 95.0], "resnet_200_ema": [94.0, 97.0]}


@pytest.fixture
def results(study):
    return row_results(study, rows_to_train(study), TOP1)


def test_a_gain_is_over_the_run_of_the_parent_with_the_same_seed(results):
    baseline, cosine, ema = results
    assert (baseline.parent, baseline.changes, baseline.gains) == ("", (), ())
    assert (cosine.parent, cosine.gains, cosine.published_gain) == ("resnet_200", [1.0, 3.0], 0.3)
    assert (ema.parent, ema.gains) == ("resnet_200_cosine", [3.0, 2.0])


def test_what_was_left_out_between_counts_with_the_row_after_it(results):
    ema = results[2]
    assert ema.skipped == ("resnet_200_longer_training",)
    of_the_step, left_out = {"ema.decay", "model.bn_momentum"}, {"epochs", "schedule.warmup_epochs"}
    assert {change.partition("=")[0] for change in ema.changes} == of_the_step | left_out
    assert ema.published_gain == pytest.approx(-0.2)
    assert ema.published_top1 == 79.1


def test_the_table_has_both_figures_in_a_line_and_says_what_was_left_out(results):
    lines = table(results).split("\n")
    assert lines[0] == "| row | changes | published top-1 | published gain | top-1 | gain |"
    assert lines[2] == "| `resnet_200` | baseline | 79.0 | - | 91.00 ± 1.41 | - |"
    assert lines[3].startswith("| `resnet_200_cosine` | schedule.decay=cosine instead of step, from `resnet_200` |")
    assert lines[3].endswith("| 79.3 | +0.3 | 93.00 ± 2.83 | +2.00 ± 1.41 |")
    assert "from `resnet_200_cosine` (with the changes of resnet_200_longer_training)" in lines[4]


def test_before_anything_ran_a_row_is_one_line_of_its_published_size(study):
    study = replace(study, steps=())
    lines = listing(row_results(study, published_rows(study), {}))
    assert len(lines) == 11
    assert lines[0].split() == ["resnet_200", "baseline", "[published:", "79.0]"]
    assert lines[2].endswith("epochs=350.0 instead of 90.0, from resnet_200_cosine  [published: 78.8, -0.5]")
    assert not any("\n" in line for line in lines)


def test_the_page_says_how_ours_differ(study, results):
    text = page(study, rows_to_train(study), results, 93.5)
    assert table(results) in text
    assert "Data: digits, not ImageNet's validation images." in text
    assert "48 px" in text
    assert "resolution=32" in text
    assert "teacher that rows distil from has a top-1 of 93.50" in text
    assert all(assumption in text for assumption in study.ladder.assumptions)


def test_mean_and_spread_are_of_the_seeds():
    assert mean_and_spread([-1.0, -2.0], "+") == "-1.50 ± 0.71"
    assert mean_and_spread([]) == "-"

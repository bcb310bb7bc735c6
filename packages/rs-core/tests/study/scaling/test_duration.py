"""Lengths of time in words."""

import pytest

from rs_core.study.scaling.duration import in_words, parse_duration


def test_units_are_seconds_minutes_hours_and_days():
    assert [parse_duration(text, "--budget") for text in ("90s", "7m", "1.5h", "2d")] == [90, 420, 5400, 172800]


@pytest.mark.parametrize("text", ["7", "m", "-7m", "0m", "7 minutes", "1e3s", "nanh", ""])
def test_anything_else_is_refused_with_what_to_give(text, refusal):
    assert refusal(parse_duration, text, "--budget") == f"--budget {text!r}: give a time such as 90s, 7m, 12h or 2d"


@pytest.mark.parametrize("seconds", [0.2, 59, 61, 119.5, 121, 7199, 7201, 100_000, 1e7])
def test_words_never_say_less_and_are_read_back(seconds):
    read = parse_duration(in_words(seconds), "--budget")
    assert seconds <= read <= max(1.5 * seconds, 1)

"""What a person sees of a download."""

import sys

import pytest

from rs_core.weights.download import progress
from rs_core.weights.download.progress import shown_progress


@pytest.mark.parametrize(
    ("start", "total", "line"),
    [
        (0, 430_000_000, "downloading model.h5, 430.0 MB\n"),
        (0, None, "downloading model.h5\n"),
        (120_000_000, 430_000_000, "resuming model.h5 at 120.0 MB of 430.0 MB\n"),
    ],
)
def test_off_a_terminal_a_line_says_what_comes(capsys, start, total, line):
    with shown_progress("model.h5", start, total) as advance:
        advance(1_000_000)
    assert capsys.readouterr() == ("", line)


def test_off_a_terminal_a_line_now_and_then_says_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with shown_progress("model.h5", 1_000_000, 3_000_000) as advance:
        advance(500_000)
        advance(500_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == ["model.h5: 1.5 MB of 3.0 MB", "model.h5: 2.0 MB of 3.0 MB"]


def test_on_a_terminal_a_bar_is_drawn(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with shown_progress("model[a]{b}.h5", 1_000_000, 4_000_000) as advance:
        advance(3_000_000)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "4.0/4.0 MB" in captured.err


def test_without_rich_a_terminal_gets_lines(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    with shown_progress("model.h5", 0, None):
        pass
    assert capsys.readouterr().err == "downloading model.h5\n"

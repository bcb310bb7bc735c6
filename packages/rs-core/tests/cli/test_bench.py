"""``rs-core bench``: what it prints and what it refuses."""

import json

import pytest

from rs_core.cli import main

QUICK = ["bench", "loader", "--resolution", "16", "--workers", "0", "--batch_size", "8", "--seconds", "0.05"]


def test_the_loader_is_measured_on_the_built_in_digits(capsys):
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "images/s ready for the model" in out
    assert "JPEG by " in out
    for part in ("read", "decode", "resize", "hand_over", "augment"):
        assert f"\n  {part} " in out


def test_json_holds_the_same_figures(capsys):
    assert main([*QUICK, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {"images_per_second", "images_per_second_per_core", "decoder", "parts", "share_of_decoder"} <= set(figures)


def test_a_folder_of_classes_is_measured_as_it_is(shared, capsys):
    assert main([*QUICK, "--data", str(shared / "data/imagenet_photos/train")]) == 0
    assert "bytes to cropped pixels at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["bench", "loder"], "no benchmark 'loder' (did you mean 'loader'?)"),
        ([*QUICK, "--data", "nowhere"], "nowhere: no such folder"),
        ([*QUICK, "--workers", "-1"], "--workers -1: give 0 or more"),
    ],
)
def test_mistakes_are_answered_with_one_line(arguments, complaint, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_without_a_name_help_is_offered(capsys):
    assert main(["bench"]) == 2
    assert "required: WHAT; see rs-core bench --help" in capsys.readouterr().err

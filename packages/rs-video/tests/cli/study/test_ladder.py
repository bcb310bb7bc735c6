"""``rs-video study ladder`` as a user meets it: the listing, two rows trained, and what it refuses."""

import json

import pytest


def test_every_row_is_a_line_with_what_is_published(command):
    outcome = command("study", "ladder", "--list")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert len(lines) == 10
    assert lines[0].split() == ["r3d_50", "baseline", "[published:", "73.4]"]
    assert "model.dropout=0.5 instead of 0.0, from r3d_50  [published: +1.0]" in lines[1]
    assert lines[4].split()[0] == "r3d_50_ema"
    assert "published" not in lines[4]
    assert lines[-1].endswith("[published: 78.2, +0.3]")


def test_the_studies_are_listed(command):
    assert "  ladder " in command("study", "--help").out


def test_help_names_the_program(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as caught:
        command("study", "ladder", "--help")
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: rs-video study ladder")
    assert max(map(len, out.splitlines())) <= 100


def test_two_rows_on_videos_of_ones_own(command, video_root, tmp_path):
    tiny = (
        *("--model.width_multiplier", "0.125", "--clip.num_frames", "4", "--resolution", "32", "--batch_size", "4"),
        *("--views.short_side", "32", "--views.resolution", "32", "--run.device", "cpu", "--run.precision", "float32"),
        *("--run.compile", "off", "--data.num_workers", "0"),
    )
    arguments = ("--laptop", "true", "--steps", "r3d_50_dropout", "--seeds", "1", "--epochs", "3", "--jobs", "2")
    outcome = command("study", "ladder", *arguments, *tiny, "--data.root", video_root, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == f"run: {tmp_path / 'out'}"
    rows = json.loads((tmp_path / "out/result.json").read_text())["rows"]
    assert [(row["name"], row["published_gain"], len(row["top1"])) for row in rows] == [
        ("r3d_50", None, 1),
        ("r3d_50_dropout", 1.0, 1),
    ]
    assert "Kinetics-400's held-out videos" in (tmp_path / "out/report.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--steps", "r3d_50_droput"), "there is no step 'r3d_50_droput' (did you mean 'r3d_50_dropout'?)"),
        (("tricks",), "there is no table 'tricks'; choose from additive"),
        (("--model", "resnet_18"), "--model resnet_18: a network of images, and the rows are networks of clips"),
    ],
)
def test_a_mistake_is_one_line(refused, arguments, message):
    assert refused("study", "ladder", *arguments).startswith(message)

"""``rs-core study scaling`` on the command line; what it does is tested where it is done."""

import pytest


def test_mistakes_are_answered_with_one_line_and_nothing_is_written(refused, tmp_path):
    assert refused("study", "scaling", "--width", "[1]").startswith(
        "there is no setting --width (did you mean '--widths'"
    )
    assert "depth 49 (did you mean 50?)" in refused("study", "scaling", "--depths", "[49]")
    assert refused("study", "scaling", "--budget", "soon") == "--budget 'soon': give a time such as 90s, 7m, 12h or 2d"
    assert "(did you mean 'resnet_rs_50_i160'" in refused("study", "scaling", "--recipe", "resnet_rs_50_i16")
    assert "nowhere" in refused("study", "scaling", "--data.root", "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_budget_too_small_says_what_would_do(refused):
    small = ("--widths", "[0.0625,0.125]", "--depths", "[14,50]", "--resolutions", "[16]", "--epochs", "[0.2]")
    message = refused("study", "scaling", *small, "--budget", "0.1s", "--device", "cpu", "--precision", "float32")
    assert message.startswith("--budget 0.1s: the smallest comparison at 16 px, 0.2 epochs, three runs, takes about")


def test_the_help_names_every_axis(command, capsys):
    with pytest.raises(SystemExit) as left:
        command("study", "scaling", "--help")
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for name in ("--widths", "--depths", "--resolutions", "--epochs", "--budget", "--data.root"):
        assert name in shown

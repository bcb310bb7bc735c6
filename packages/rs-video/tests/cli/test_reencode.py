"""``rs-video reencode``: write videos anew."""

import json

import av
import numpy as np
import pytest

from rs_video.cli import main


@pytest.fixture
def say(capsys, monkeypatch, tmp_path):
    """Run the command in an empty folder, and give its exit code with what it says on stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = main(["reencode", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def videos(tmp_path):
    """A folder with a good video and one that is empty."""
    (tmp_path / "videos/jump").mkdir(parents=True)
    with av.open(str(tmp_path / "videos/jump/a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (tmp_path / "videos/empty.mp4").touch()
    return tmp_path / "videos"


def test_totals_are_told_and_nothing_is_done_twice(say, videos, tmp_path):
    code, out, err = say("videos", "--out", "small", "--short_side", "32", "--workers", "1")
    assert (code, err) == (0, "")
    first, size, left_out, written = out.splitlines()
    assert first == "videos     1 written, 0 there before; 10 frames in all"
    assert " before, " in size and " of it" in size
    assert left_out == "left out   1 unreadable; listed in small/skipped.jsonl"
    assert written == "written    small"
    assert (tmp_path / "small/jump/a.mp4").is_file()
    _, out, _ = say("videos", "--out", "small", "--short_side", "32", "--workers", "1", "--json")
    figures = json.loads(out)
    assert (figures["num_videos"], figures["num_written"], figures["num_unreadable"]) == (1, 0, 1)


def test_mistakes_are_one_line(say, videos, tmp_path):
    for arguments, message in (
        (("videos",), "the following arguments are required: --out"),
        (("nowhere", "--out", "small"), "nowhere: no such folder"),
        (("videos", "--out", "videos/small"), "give a folder elsewhere for --out"),
        (("videos", "--out", "small", "--crf", "52"), "--crf 52: give 0 (lossless) to 51"),
        (("videos", "--out", "small", "--short_side", "8"), "--short_side 8: give at least 16 pixels"),
        (("videos", "--out", "small", "--keyframe_interval", "0"), "'0': give a whole number of at least 1"),
    ):
        code, _, err = say(*arguments)
        assert code == 2
        assert err.count("\n") == 1
        assert message in err
    assert not (tmp_path / "small").exists()

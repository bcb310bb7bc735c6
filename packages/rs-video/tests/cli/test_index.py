"""``rs-video index``: make and show an index of videos."""

import json
import shutil

import av
import numpy as np
import pytest

from rs_core.data.index import open_index
from rs_video.cli import main


@pytest.fixture
def say(capsys, monkeypatch, tmp_path):
    """Run the command in an empty folder, and give its exit code with what it says on stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = main(["index", *map(str, arguments), "--workers", "1"])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def lines(say):
    """Run it, and give the lines by their names; it must succeed."""

    def run(*arguments):
        code, out, err = say(*arguments)
        assert (code, err) == (0, "")
        return {line[:9].strip(): line[11:] for line in out.splitlines()}

    return run


@pytest.fixture
def refused(say):
    """Run it, and give the one line that it is refused with."""

    def run(*arguments):
        code, _, err = say(*arguments)
        assert code == 2
        assert err.count("\n") == 1, err
        return err.removeprefix("rs-video: ").rstrip("\n")

    return run


@pytest.fixture
def videos(tmp_path):
    """A folder of two classes with a good video each, and one that is empty."""
    for name in ("jump/a.mp4", "run/b.mp4"):
        path = tmp_path / "videos" / name
        path.parent.mkdir(parents=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    (tmp_path / "videos/run/empty.mp4").touch()
    return tmp_path / "videos"


def test_a_folder_is_indexed_and_then_kept(lines, videos):
    said = lines("videos", "--out", "ix")
    assert said["videos"] == "2, 0.8 seconds"
    assert said["classes"] == "2: jump, run"
    assert said["frames"] == "10 a video, 25 a second"
    assert said["pixels"] == "short side 48"
    assert said["left out"] == "1 unreadable; listed in ix/skipped.jsonl"
    assert said["probed"] == "3 now, 0 known from before"
    assert said["written"] == "ix"
    said = lines("videos", "--out", "ix")
    assert (said["probed"], said["kept"]) == ("0 now, 3 known from before", "ix")
    assert lines("ix")["first"] == f"{videos}/jump/a.mp4"


def test_figures_come_as_json(say, videos):
    code, out, err = say("videos", "--out", "ix", "--json")
    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert (figures["num_videos"], figures["num_unreadable"], figures["directory"]) == (2, 1, "ix")


def test_classes_come_from_the_training_index(lines, refused, videos, tmp_path):
    lines("videos", "--out", "train")
    shutil.copytree(videos, tmp_path / "held")
    shutil.rmtree(tmp_path / "held/jump")
    said = lines("held", "--out", "val", "--classes_from", "train")
    assert said["note"] == "no video of 1 of the classes: jump"
    assert open_index(tmp_path / "val").labels.tolist() == [1]
    (tmp_path / "held/run").rename(tmp_path / "held/runs")
    message = refused("held", "--out", "val2", "--classes_from", "train")
    assert message == "held/runs: not one of the 2 classes (did you mean 'run'?); rename or remove the folder"
    assert "--classes_from nowhere: no index there" in refused("held", "--out", "val2", "--classes_from", "nowhere")


def test_mistakes_are_one_line(refused, videos, tmp_path):
    (tmp_path / "l.csv").write_text("jump/a.mp4\n")
    for arguments, message in (
        (("videos",), "videos: not an index; to make one of it, say where: --out INDEX"),
        (("nowhere", "--out", "ix"), "nowhere: no such file or folder; check the path"),
        (("l.csv", "--root", "videos", "--out", "ix"), "l.csv, row 1: jump/a.mp4 has no label; add it, or"),
        (("videos", "--out", "videos/ix"), "videos/ix: lies in the folder to be indexed"),
        (("videos", "--out", "ix", "--check", "none"), "invalid choice: 'none'"),
        (("videos", "--out", "ix", "--chek", "all"), "unrecognized arguments: --chek all (did you mean '--check'?)"),
    ):
        assert message in refused(*arguments)
    assert not (tmp_path / "ix").exists()

"""The moving digits on disk."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from rs_video.decode import open_video
from rs_video.index import video_source
from rs_video.moving_digits import CLASS_NAMES, ensure_written, open_moving_digits
from rs_video.moving_digits.videos import all_videos, with_digits, write_video


@pytest.mark.slow
def test_all_videos_are_there_and_indexed_as_others_are(digits_folder):
    for split, num_per_class in (("train", 120), ("val", 25)):
        index = open_moving_digits(split, digits_folder)
        assert index.class_names == CLASS_NAMES
        assert np.bincount(index.labels).tolist() == [num_per_class] * 8
        assert set(index.columns["num_frames"].tolist()) == {32}
        assert set(index.columns["frame_rate"].tolist()) == {16.0}
        assert video_source(index, 0) == digits_folder / split / "down/0000.mp4"
        with open_video(video_source(index, 0), lambda: "", "pyav") as reader:
            assert reader.read(np.array([0, 31])).shape == (2, 64, 64, 3)


@pytest.mark.slow
def test_they_are_written_once(digits_folder):
    before = (digits_folder / "index/train/index.json").stat().st_mtime_ns
    video = (digits_folder / "val/up/0003.mp4").stat().st_mtime_ns
    assert ensure_written(digits_folder) == digits_folder
    assert (digits_folder / "index/train/index.json").stat().st_mtime_ns == before
    assert (digits_folder / "val/up/0003.mp4").stat().st_mtime_ns == video


@pytest.mark.slow
def test_a_folder_that_was_moved_is_indexed_where_it_is(digits_folder, tmp_path):
    (tmp_path / "moved").mkdir()
    for name in ("train", "val"):
        (tmp_path / "moved" / name).symlink_to(digits_folder / name)
    index = open_moving_digits("val", tmp_path / "moved")
    assert (len(index), index.name(0)) == (200, f"{tmp_path}/moved/val/down/0000.mp4")


@pytest.mark.slow
def test_processes_that_ask_at_once_get_one_and_the_same(tmp_path):
    script = (
        "import sys; from pathlib import Path; from rs_video.moving_digits import open_moving_digits\n"
        "print(len(open_moving_digits('train', Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", script, tmp_path / "digits"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate() for process in processes]
    assert [out for out, _ in outputs] == ["960\n", "960\n"]
    assert sum("writing the moving digits" in error for _, error in outputs) == 1


def test_a_video_is_the_same_each_time(tmp_path):
    drawn = with_digits(all_videos()[5:6])[0]
    for name in ("one", "two"):
        write_video(drawn, tmp_path / name)
    one, two = (hashlib.sha256((tmp_path / name / drawn[0].name).read_bytes()).digest() for name in ("one", "two"))
    assert one == two


def test_held_out_videos_show_other_digits():
    digits = with_digits(all_videos())
    shown = {split: {digit.tobytes() for video, digit in digits if video.split == split} for split in ("train", "val")}
    assert not shown["train"] & shown["val"]
    assert len(shown["val"]) > 100


def test_something_else_is_never_taken_for_them(tmp_path, refusal):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    assert "holds something else than the moving digits" in refusal(ensure_written, tmp_path / "mine")
    assert "cannot write in" in refusal(ensure_written, tmp_path / "mine/thesis.txt/digits")


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch, refusal):
    monkeypatch.setenv("RS_CORE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache/moving-digits-v1").mkdir(parents=True)
    (tmp_path / "cache/moving-digits-v1/x").touch()
    assert f"{tmp_path}/cache/moving-digits-v1: holds something else" in refusal(ensure_written)

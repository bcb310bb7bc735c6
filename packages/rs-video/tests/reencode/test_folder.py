"""A folder of videos, written anew, again and after a kill."""

import json
import signal
import subprocess
import sys

import pytest

from rs_video.reencode import ReencodeConfig, reencode_folder

CONFIG = ReencodeConfig(short_side=32)


@pytest.fixture
def source(write_video, tmp_path):
    for name in ("jump/a.mp4", "run/deep/b.mkv", "c.mp4"):
        write_video(f"videos/{name}", range(0, 400, 40))
    return tmp_path / "videos"


def files_in(out):
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file() and path.name[0] != ".")


def test_the_layout_is_kept_and_totals_are_told(source, tmp_path):
    summary = reencode_folder(source, tmp_path / "out", CONFIG, num_workers=2)
    videos = ["c.mp4", "jump/a.mp4", "run/deep/b.mp4"]
    assert files_in(tmp_path / "out") == sorted([*videos, "reencoded.jsonl", "skipped.jsonl"])
    assert (summary.num_videos, summary.num_written, summary.num_frames) == (3, 3, 30)
    assert summary.num_bytes_before == sum(path.stat().st_size for path in source.rglob("*.m*"))
    assert summary.num_bytes_after == sum((tmp_path / "out" / name).stat().st_size for name in videos)


def test_what_is_there_is_kept_unless_its_source_changed_or_it_is_not_whole(source, tmp_path, write_video):
    out = tmp_path / "out"
    reencode_folder(source, out, CONFIG)
    assert reencode_folder(source, out, CONFIG).num_written == 0
    write_video("videos/c.mp4", range(0, 200, 40))
    (out / "jump/a.mp4").write_bytes((out / "jump/a.mp4").read_bytes()[:100])
    summary = reencode_folder(source, out, CONFIG)
    assert (summary.num_written, summary.num_videos, summary.num_frames) == (2, 3, 25)


def test_bad_videos_are_left_out_counted_and_listed(source, tmp_path):
    (source / "jump/empty.mp4").touch()
    summary = reencode_folder(source, tmp_path / "out", CONFIG)
    assert (summary.num_videos, summary.num_unreadable) == (3, 1)
    listed = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    assert listed == [{"file": "jump/empty.mp4", "reason": "empty (0 bytes)"}]


def test_a_killed_call_goes_on_and_leaves_no_half_video(source, tmp_path):
    out = tmp_path / "out"
    script = (
        "import sys, time; from pathlib import Path; from rs_video.reencode import *\n"
        "def told(*_):\n"
        "    print(flush=True); time.sleep(60)\n"
        "reencode_folder(Path(sys.argv[1]), Path(sys.argv[2]), ReencodeConfig(short_side=32), on_progress=told)"
    )
    with subprocess.Popen([sys.executable, "-c", script, source, out], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    (out / "jump").mkdir(exist_ok=True)
    (out / "jump/.a.mp4.partial").write_bytes(b"left by the kill")
    assert reencode_folder(source, out, CONFIG).num_written == 2
    assert not list(out.rglob("*.partial"))


def test_videos_of_one_name_are_refused(source, tmp_path, write_video, refusal):
    write_video("videos/jump/a.mkv", range(0, 200, 40))
    message = refusal(reencode_folder, source, tmp_path / "out", CONFIG)
    assert "jump/a.mkv and jump/a.mp4 would both become jump/a.mp4; rename or remove one" in message


def test_other_settings_and_other_content_are_never_mixed(source, tmp_path, refusal):
    out = tmp_path / "out"
    reencode_folder(source, out, CONFIG)
    message = refusal(reencode_folder, source, out, ReencodeConfig(short_side=48))
    assert message == f"{out}: holds videos with short_side=32; give the same settings, or another folder"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.mp4").touch()
    assert "is not empty, and holds a.mp4" in refusal(reencode_folder, source, tmp_path / "mine", CONFIG)
    assert "is a file" in refusal(reencode_folder, source, tmp_path / "mine/a.mp4", CONFIG)


def test_sources_that_are_none_are_refused(source, tmp_path, refusal):
    (tmp_path / "empty").mkdir()
    assert "no such folder" in refusal(reencode_folder, tmp_path / "nowhere", tmp_path / "out", CONFIG)
    assert "no videos (.mp4" in refusal(reencode_folder, tmp_path / "empty", tmp_path / "out", CONFIG)
    for out in (source / "out", source, tmp_path):
        assert "give a folder elsewhere" in refusal(reencode_folder, source, out, CONFIG)
    assert not (tmp_path / "out").exists()

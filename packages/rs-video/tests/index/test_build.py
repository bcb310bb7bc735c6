"""Building an index of videos, again and after a kill."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from rs_core.data.index import open_index
from rs_video.index import COLUMNS, VideoIndexConfig, build_video_index, open_video_index


def skipped(out):
    return [json.loads(line) for line in (out / "skipped.jsonl").read_text().splitlines()]


def columns_folder(out):
    return json.loads((out / "index.json").read_text())["data"]


def test_rows_have_labels_files_and_what_probing_found(class_folder, tmp_path):
    summary = build_video_index(class_folder, tmp_path / "ix")
    index = open_index(tmp_path / "ix")
    assert [index.name(row) for row in range(4)] == [
        str(class_folder / name) for name in ("jump/a.mp4", "jump/b.mp4", "run/d.mkv", "run/more/c.mp4")
    ]
    assert index.class_names == ("jump", "run")
    assert index.labels.tolist() == [0, 0, 1, 1]
    assert {name: column.dtype for name, column in index.columns.items()} == {
        name: np.dtype(dtype) for name, dtype in COLUMNS.items()
    }
    assert index.columns["num_frames"].tolist() == [10] * 4
    assert (summary.num_videos, summary.num_probed, summary.num_left_out, summary.written) == (4, 4, 0, True)
    assert summary.hours == pytest.approx(4 * 0.4 / 3600)


def test_bad_files_are_left_out_counted_and_listed(class_folder, tmp_path, write_sound):
    (class_folder / "jump/empty.mp4").touch()
    write_sound(class_folder / "run/sound.mp4")
    summary = build_video_index(class_folder, tmp_path / "ix", VideoIndexConfig(num_workers=2))
    assert (summary.num_listed, summary.num_videos, summary.num_unreadable) == (6, 4, 2)
    reasons = {line["file"]: line["reason"] for line in skipped(tmp_path / "ix")}
    assert reasons == {"jump/empty.mp4": "empty (0 bytes)", "run/sound.mp4": "no video in it, only audio"}


def test_only_what_is_new_or_changed_is_probed_again(class_folder, tmp_path, write_video):
    (class_folder / "jump/empty.mp4").touch()
    out = tmp_path / "ix"
    build_video_index(class_folder, out)
    before = columns_folder(out)
    again = build_video_index(class_folder, out)
    assert (again.num_probed, again.num_known, again.written) == (0, 5, False)
    assert columns_folder(out) == before
    write_video(class_folder / "run/new.mp4", 3)
    write_video(class_folder / "jump/a.mp4", 5)
    (class_folder / "jump/b.mp4").unlink()
    changed = build_video_index(class_folder, out)
    assert (changed.num_probed, changed.num_known, changed.written) == (2, 3, True)
    assert open_index(out).columns["num_frames"].tolist() == [5, 10, 10, 3]
    assert build_video_index(class_folder, out, VideoIndexConfig(rescan=True)).num_probed == 5


def test_a_closer_look_probes_again_a_cheaper_one_does_not(class_folder, tmp_path):
    for check, num_probed in (("first", 4), ("ends", 4), ("first", 0), ("all", 4), ("ends", 0)):
        assert build_video_index(class_folder, tmp_path / "ix", VideoIndexConfig(check=check)).num_probed == num_probed


def test_a_killed_build_goes_on_where_it_was(class_folder, tmp_path):
    out = tmp_path / "ix"
    script = (
        "import sys, time; from pathlib import Path; from rs_video.index import build_video_index\n"
        "def told(done, *_):\n"
        "    print(done, flush=True); time.sleep(0 if done < 2 else 60)\n"
        "build_video_index(Path(sys.argv[1]), Path(sys.argv[2]), on_progress=told)"
    )
    with subprocess.Popen([sys.executable, "-c", script, class_folder, out], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert not (out / "index.json").exists()
    summary = build_video_index(class_folder, out)
    assert (summary.num_probed, summary.num_known) == (2, 2)
    assert len(open_index(out)) == 4


def test_classes_without_a_video_are_named_and_keep_their_numbers(class_folder, tmp_path):
    config = VideoIndexConfig(class_names=("dance", "jump", "run"))
    summary = build_video_index(class_folder, tmp_path / "ix", config)
    assert summary.empty_classes == ("dance",)
    assert set(open_index(tmp_path / "ix").labels.tolist()) == {1, 2}


def test_a_list_takes_its_videos_below_a_root(class_folder, tmp_path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/train.csv").write_text("jump/a.mp4 1\nrun/d.mkv 0\nrun/gone.mp4 2\n")
    config = VideoIndexConfig(root=class_folder)
    summary = build_video_index(tmp_path / "lists/train.csv", tmp_path / "ix", config)
    index = open_index(tmp_path / "ix")
    assert (index.labels.tolist(), index.class_names) == ([1, 0], ("0", "1", "2"))
    assert (summary.num_listed, summary.num_missing, summary.empty_classes) == (3, 1, ("2",))
    assert skipped(tmp_path / "ix")[0]["place"].endswith("train.csv, row 3")


def test_an_official_list_is_known_by_its_columns(tmp_path, write_video):
    write_video(tmp_path / "data/val/-3B32lodo2M_000059_000069.mp4")
    (tmp_path / "data/val.csv").write_text(
        "label,youtube_id,time_start,time_end,split,is_cc\nabseiling,-3B32lodo2M,59,69,val,0\nzumba,aaaaaaaaaaa,1,11,val,0\n"
    )
    summary = build_video_index(tmp_path / "data/val.csv", tmp_path / "data/ix")
    index = open_index(tmp_path / "data/ix")
    assert (index.labels.tolist(), index.class_names) == ([0], ("abseiling", "zumba"))
    assert summary.num_missing == 1


def test_labels_are_checked_before_anything_is_probed(class_folder, tmp_path, refusal):
    (tmp_path / "l.csv").write_text("jump/a.mp4,jumps\n")
    config = VideoIndexConfig(root=class_folder, class_names=("jump", "run"))
    message = refusal(build_video_index, tmp_path / "l.csv", tmp_path / "ix", config)
    assert "row 1: no class is called 'jumps' (did you mean 'jump'?)" in message
    assert not (tmp_path / "ix").exists()


def test_a_source_without_one_good_video_is_refused_with_the_reasons(tmp_path, refusal):
    (tmp_path / "videos/jump").mkdir(parents=True)
    (tmp_path / "videos/jump/a.mp4").touch()
    message = refusal(build_video_index, tmp_path / "videos", tmp_path / "ix")
    assert "none of its 1 videos can be used, for example jump/a.mp4 (empty (0 bytes))" in message
    assert not (tmp_path / "ix/index.json").exists()
    assert skipped(tmp_path / "ix")[0]["file"] == "jump/a.mp4"


def test_sources_that_are_none_are_refused(class_folder, tmp_path, refusal):
    out = tmp_path / "ix"
    (tmp_path / "l.csv").write_text("a.mp4 1\n")
    build_video_index(class_folder, out)
    for source, config, message in (
        (tmp_path / "nowhere", {}, "no such file or folder"),
        (out, {}, "is an index already"),
        (class_folder, {"root": tmp_path}, "--root is for lists"),
        (class_folder, {"split": "val"}, "--split is for official lists"),
        (tmp_path / "l.csv", {"root": tmp_path / "gone"}, "gone: no such folder"),
        (tmp_path / "l.csv", {}, "none of its 1 videos can be used, for example a.mp4 (no such file)"),
    ):
        assert message in refusal(build_video_index, source, tmp_path / "other", VideoIndexConfig(**config))
    assert "lies in the folder to be indexed" in refusal(build_video_index, class_folder, class_folder / "ix")


def test_the_folder_of_an_index_is_never_anything_else(class_folder, tmp_path, refusal):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    assert "is no index, and holds thesis.txt" in refusal(build_video_index, class_folder, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_unlabelled_videos_are_indexed_when_asked_for(tmp_path, write_video):
    write_video(tmp_path / "videos/a.mp4")
    config = VideoIndexConfig(with_labels=False)
    summary = build_video_index(tmp_path / "videos", tmp_path / "ix", config)
    index = open_video_index(tmp_path / "ix")
    assert (index.labels.tolist(), index.class_names, summary.num_classes) == ([-1], (), 0)

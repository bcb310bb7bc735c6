"""Folders and lists are indexed on the way, once, with the classes of the training videos."""

import shutil

import pytest

from rs_core.errors import UserError
from rs_video.config import VideoDataConfig
from rs_video.index import build_video_index
from rs_video.train.samples import index_folder, open_held_out, open_training, prepare


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RS_CORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_indexed_in_the_cache(video_root, cache):
    config = VideoDataConfig(root=str(video_root))
    prepare(config)
    index = open_training(config)
    assert (len(index), index.class_names) == (12, ("brighter", "darker"))
    assert len(open_held_out(config, index.class_names)) == 6
    assert index_folder(config, "train").is_relative_to(cache)


def test_it_is_not_indexed_again(video_root):
    config = VideoDataConfig(root=str(video_root))
    prepare(config)
    before = (index_folder(config, "train") / "index.json").stat().st_mtime_ns
    prepare(config)
    assert (index_folder(config, "train") / "index.json").stat().st_mtime_ns == before


def test_official_lists_name_the_videos_of_a_folder(video_root, tmp_path):
    for split, num_videos in (("train", 6), ("val", 3)):
        rows = ["label,youtube_id,time_start,time_end,split,is_cc"]
        for label in ("brighter", "darker"):
            for number in range(num_videos):
                name = f"{split}_{label}_{number:02}"[:11].ljust(11, "x")
                rows.append(f"{label},{name},{number},{number + 10},{split},0")
                target = tmp_path / "k400" / split / label / f"{name}_{number:06}_{number + 10:06}.mp4"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(video_root / split / label / f"{number}.mp4", target)
        # One video of the list is not there, as with the real data set.
        rows.append(f"darker,abcdefghijk,1,11,{split},0")
        (tmp_path / f"{split}.csv").write_text("\n".join(rows) + "\n")
    config = VideoDataConfig(
        root=str(tmp_path / "k400"), train_csv=str(tmp_path / "train.csv"), val_csv=str(tmp_path / "val.csv")
    )
    prepare(config)
    index = open_training(config)
    assert (len(index), index.class_names) == (12, ("brighter", "darker"))
    assert len(open_held_out(config, index.class_names)) == 6


def test_indices_are_taken_as_they_are(video_root, tmp_path):
    for split in ("train", "val"):
        build_video_index(video_root / split, tmp_path / split)
    config = VideoDataConfig(train_index=str(tmp_path / "train"), val_index=str(tmp_path / "val"))
    prepare(config)
    assert len(open_training(config)) == 12
    assert not (tmp_path / "cache").exists()


def test_held_out_videos_of_other_classes_are_refused(video_root, tmp_path):
    shutil.copytree(video_root / "val", tmp_path / "val")
    (tmp_path / "val/darker").rename(tmp_path / "val/dunkler")
    build_video_index(tmp_path / "val", tmp_path / "index")
    config = VideoDataConfig(train_index="unused", val_index=str(tmp_path / "index"))
    with pytest.raises(UserError, match=r"has other classes \(brighter, dunkler\) than .* \(brighter, darker\)"):
        open_held_out(config, ("brighter", "darker"))


def test_a_folder_without_train_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"has no folder train; give data.train_csv, or a folder with one"):
        prepare(VideoDataConfig(root=str(tmp_path)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train_csv": "a.csv"}, r"data.train_csv needs data.val_csv beside it"),
        ({"train_index": "a"}, r"data.train_index needs data.val_index beside it"),
        ({"train_csv": "a.csv", "val_csv": "b.csv"}, r"data.train_csv needs data.root beside it"),
        ({"train_index": "a", "val_index": "b", "root": "c"}, r"leave out data.root and data.train_csv"),
        ({"decoder": "ffmpeg"}, r"decoder='ffmpeg': choose from"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(UserError, match=message):
        VideoDataConfig(**settings)

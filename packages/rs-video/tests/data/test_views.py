"""The views of a video: which frames, which crops, and each video once."""

import shutil

import numpy as np
import pytest
import torch

from rs_core.errors import UserError
from rs_video.clips import ClipConfig, spaced_clips
from rs_video.data.views import ViewConfig, crop_corners, eval_views
from rs_video.index import build_video_index, open_video_index

CLIP = ClipConfig(num_frames=4, frame_stride=2)
VIEWS = ViewConfig(num_clips=3, num_crops=3, short_side=40, resolution=32)


def views(index, num_workers=0, rows=None, config=VIEWS):
    rows = range(len(index)) if rows is None else rows
    return list(eval_views(index, rows=rows, clip=CLIP, views=config, num_workers=num_workers))


def test_every_row_comes_once_and_in_order(train_index):
    videos = views(train_index)
    assert [video.row for video in videos] == list(range(12))
    assert [video.label for video in videos] == train_index.labels.tolist()
    assert [video.row for video in views(train_index, rows=range(3, 5))] == [3, 4]


def test_workers_change_nothing(train_index):
    for own, other in zip(views(train_index), views(train_index, num_workers=2), strict=True):
        assert torch.equal(own.frames, other.frames)
        assert torch.equal(own.clips, other.clips)


def test_each_frame_is_there_once_and_clips_name_it(train_index):
    video = views(train_index)[0]
    expected = spaced_clips(np.arange(20) / 10, CLIP, 3)
    assert video.clips.shape == (3, 4)
    assert len(video.frames) == len(np.unique(expected))
    shades = video.frames.float().mean((1, 2, 3))[video.clips].numpy()
    levels = np.linspace(40, 200, 20)[expected] + 9.5
    assert np.abs(shades - levels).max() < 3


def test_views_are_cut_clip_by_clip_and_crop_by_crop(train_index):
    video = views(train_index)[0]
    assert video.num_views == 9
    cut = video.cut(range(9), 32)
    assert cut.shape == (9, 3, 4, 32, 32)
    assert cut.is_contiguous(memory_format=torch.channels_last_3d)
    y, x = video.corners[2].tolist()
    expected = video.frames[video.clips[1], y : y + 32, x : x + 32].permute(3, 0, 1, 2)
    assert torch.equal(cut[1 * 3 + 2], expected)
    assert torch.equal(video.cut(range(4, 6), 32), cut[4:6])


@pytest.mark.parametrize(
    ("size", "corners"),
    [
        ((256, 341), [[0, 0], [0, 42], [0, 85]]),  # 42.5 to the even 42, as TensorFlow
        ((341, 256), [[0, 0], [42, 0], [85, 0]]),
        ((256, 340), [[0, 0], [0, 42], [0, 84]]),
        ((256, 256), [[0, 0], [0, 0], [0, 0]]),
    ],
)
def test_three_crops_lie_along_the_long_side(size, corners):
    assert crop_corners(*size, ViewConfig()).tolist() == corners


def test_one_crop_is_in_the_middle():
    assert crop_corners(256, 340, ViewConfig(num_crops=1)).tolist() == [[0, 42]]
    assert crop_corners(256, 340, ViewConfig(num_crops=1, resolution=224)).tolist() == [[16, 58]]


def test_a_video_that_cannot_be_read_says_why(video_root, tmp_path):
    shutil.copytree(video_root / "val", tmp_path / "val")
    build_video_index(tmp_path / "val", tmp_path / "index")
    (tmp_path / "val/brighter/1.mp4").unlink()
    videos = views(open_video_index(tmp_path / "index"))
    assert [video.row for video in videos if video.skipped] == [1]
    assert videos[1].skipped.file.endswith("brighter/1.mp4")
    assert videos[1].num_views == 0


@pytest.mark.parametrize("name", ["num_clips", "num_crops", "resolution"])
def test_impossible_views_are_refused(name):
    with pytest.raises(UserError, match=f"{name}=0: give at least 1"):
        ViewConfig(**{name: 0})


def test_crops_must_fit_into_the_frame():
    with pytest.raises(UserError, match=r"short_side=200 is smaller than views.resolution=256"):
        ViewConfig(short_side=200)

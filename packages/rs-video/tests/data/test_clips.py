"""Batches of clips: which, from which rows, and what stands in for a video that cannot be read."""

import shutil

import numpy as np
import pytest
import torch

from rs_core.data.crop import RandomCropConfig
from rs_core.data.order import Order, Parts
from rs_core.errors import UserError
from rs_video.clips import ClipConfig
from rs_video.data.clips import ClipInput, train_clips
from rs_video.index import build_video_index, open_video_index

INPUT = ClipInput(clip=ClipConfig(num_frames=4, frame_stride=2), resolution=24, crop=RandomCropConfig(area=(0.3, 1.0)))


def batches(index, num_workers=0, first=0, num_batches=3):
    parts = Parts(first_position=4 * first, num_batches=num_batches, batch_size=4)
    order = Order(num_rows=len(index), seed=5)
    return list(train_clips(index, order=order, parts=parts, clip_input=INPUT, num_workers=num_workers))


def test_clips_are_bytes_with_channels_last_and_the_labels_of_their_rows(train_index):
    (batch,) = batches(train_index, num_batches=1)
    assert batch.clips.shape == (4, 3, 4, 24, 24)
    assert batch.clips.dtype == torch.uint8
    assert batch.clips.is_contiguous(memory_format=torch.channels_last_3d)
    assert batch.labels.tolist() == train_index.labels[batch.rows.numpy()].tolist()
    assert batch.skipped == ()


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_stream_is_the_same_for_any_number_of_workers(train_index, num_workers):
    for own, other in zip(batches(train_index), batches(train_index, num_workers), strict=True):
        assert torch.equal(own.clips, other.clips)
        assert torch.equal(own.rows, other.rows)


def test_the_stream_is_the_same_wherever_it_is_entered(train_index):
    whole, entered = batches(train_index), batches(train_index, first=2, num_batches=1)
    assert torch.equal(whole[2].clips, entered[0].clips)


def test_an_epoch_shows_every_video_once(train_index):
    rows = torch.cat([batch.rows for batch in batches(train_index)])
    assert sorted(rows.tolist()) == list(range(12))


def test_the_frames_of_a_clip_keep_their_order_and_share_one_crop(train_index):
    for batch in batches(train_index):
        shades = batch.clips.float().mean((1, 3, 4)).diff(dim=1)
        is_brighter = batch.labels == train_index.class_names.index("brighter")
        # Two frames further, a video is 17 levels brighter or darker: at the end, a clip never starts anew.
        assert torch.equal((shades > 8).all(1), is_brighter)
        assert torch.equal((shades < -8).all(1), ~is_brighter)


def test_one_box_holds_for_all_frames_of_a_clip(tmp_path, write_video):
    gradient = np.broadcast_to(np.linspace(0, 255, 64)[None, None, :, None], (20, 48, 64, 3)).astype(np.uint8)
    write_video(tmp_path / "videos/still/a.mp4", gradient)
    build_video_index(tmp_path / "videos", tmp_path / "index")
    seen = [batch.clips for batch in batches(open_video_index(tmp_path / "index"))]
    boxes = torch.cat(seen).float().mean((1, 3))  # [clips, T, W]
    assert (boxes - boxes[:, :1]).abs().max() < 3  # what the codec does to a still picture
    assert boxes[:, 0].std(0).max() > 10  # other boxes for other clips


@pytest.fixture
def damaged(video_root, tmp_path):
    """The training videos, of which one was cut short after it was indexed."""
    shutil.copytree(video_root / "train", tmp_path / "train")
    build_video_index(tmp_path / "train", tmp_path / "index")
    victim = tmp_path / "train/darker/3.mp4"
    victim.unlink()
    return open_video_index(tmp_path / "index")


@pytest.mark.parametrize("num_workers", [0, 2])
def test_another_video_stands_in_for_one_that_cannot_be_read(damaged, train_index, num_workers):
    sound, replaced = batches(train_index), batches(damaged, num_workers)
    (skip,) = (skip for batch in replaced for skip in batch.skipped)
    assert skip.file.endswith("darker/3.mp4")
    place = divmod(skip.position, 4)
    for number, (own, other) in enumerate(zip(sound, replaced, strict=True)):
        same = [torch.equal(own.clips[i], other.clips[i]) for i in range(4)]
        assert same == [(number, i) != place for i in range(4)]
    assert replaced[place[0]].rows[place[1]] != skip.row


def test_the_stream_ends_where_nothing_can_be_read(video_root, tmp_path):
    shutil.copytree(video_root / "train", tmp_path / "train")
    build_video_index(tmp_path / "train", tmp_path / "index")
    index = open_video_index(tmp_path / "index")
    shutil.rmtree(tmp_path / "train")
    with pytest.raises(UserError, match="10 samples drawn for one place of a batch cannot be read, the last: "):
        batches(index)

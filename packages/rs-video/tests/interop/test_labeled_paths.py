"""Our index in pytorchvideo's own data set."""

import dataclasses

import pytest
import torch

from rs_core import UserError
from rs_core.data.index import Blobs, ByteColumn
from rs_video.interop import labeled_video_paths


def test_each_row_is_a_path_with_its_label(video_index, tmp_path):
    assert labeled_video_paths(video_index) == [
        (str(tmp_path / "long.mp4"), {"label": 1, "row": 0}),
        (str(tmp_path / "middle.mp4"), {"label": 0, "row": 1}),
        (str(tmp_path / "short.mp4"), {"label": -1, "row": 2}),
    ]


def test_pytorchvideos_data_set_reads_every_video_with_its_label(video_index, numbers_of):
    data = pytest.importorskip("pytorchvideo.data")
    dataset = data.LabeledVideoDataset(
        labeled_video_paths(video_index),
        clip_sampler=data.make_clip_sampler("constant_clips_per_video", 0.5, 1),
        video_sampler=torch.utils.data.SequentialSampler,
        decode_audio=False,
    )
    samples = list(iter(dataset))
    assert [(sample["row"], sample["label"], sample["video_name"]) for sample in samples] == [
        (0, 1, "long.mp4"),
        (1, 0, "middle.mp4"),
        (2, -1, "short.mp4"),
    ]
    assert all(numbers_of(sample["video"].movedim(1, 0).numpy()) == list(range(10)) for sample in samples)


def test_a_video_inside_something_else_is_refused_by_its_name(video_index):
    blobs = Blobs(ByteColumn.pack([b"x"] * 3), ByteColumn.pack([b"a.tar: 1.mp4", b"a.tar: 2.mp4", b"a.tar: 3.mp4"]))
    with pytest.raises(UserError, match=r"a\.tar: 1\.mp4: pytorchvideo opens whole local files only"):
        labeled_video_paths(dataclasses.replace(video_index, source=blobs))

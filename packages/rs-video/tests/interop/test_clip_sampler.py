"""pytorchvideo's samplers choose the same frames for our readers as for its own data set."""

import random
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch

from rs_core import UserError
from rs_video.decode import open_video
from rs_video.index import video_source
from rs_video.interop import labeled_video_paths, sample_clips

data = pytest.importorskip("pytorchvideo.data")

KINDS = {
    "uniform": ("uniform", Fraction(1, 2)),
    "uniform overlapping": ("uniform", Fraction(1, 2), Fraction(1, 5)),
    "uniform padded back": ("uniform", Fraction(3, 5), None, True),
    "evenly spaced": ("constant_clips_per_video", Fraction(3, 5), 3),
    "each clip twice": ("constant_clips_per_video", Fraction(3, 5), 2, 2),
}


def times(num_frames, frame_rate=20):
    return np.arange(num_frames) / frame_rate


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_frames_are_those_of_pytorchvideos_data_set(kind, video_index, numbers_of):
    num_frames = 4
    dataset = data.LabeledVideoDataset(
        labeled_video_paths(video_index),
        clip_sampler=data.make_clip_sampler(*kind),
        video_sampler=torch.utils.data.SequentialSampler,
        decode_audio=False,
    )
    theirs = {0: [], 1: [], 2: []}
    for sample in iter(dataset):
        clip = sample["video"]
        # pytorchvideo/transforms/functional.py:uniform_temporal_subsample
        chosen = torch.linspace(0, clip.shape[1] - 1, num_frames).clamp(0, clip.shape[1] - 1).long()
        theirs[sample["row"]].append(numbers_of(clip[:, chosen].movedim(1, 0).numpy()))
    for row, expected in theirs.items():
        with open_video(video_source(video_index, row), partial(video_index.name, row)) as video:
            clips = sample_clips(data.make_clip_sampler(*kind), video.frame_times, num_frames, rng())
            ours = [numbers_of(video.read(frames)) for frames in clips]
        assert clips.tolist() == ours == expected


@pytest.mark.parametrize("kind", [("random", 0.5), ("random_multi", 0.5, 3)])
def test_a_random_clip_depends_on_the_generator_alone(kind):
    drawn = []
    for _ in range(2):
        random.seed()
        drawn.append([sample_clips(data.make_clip_sampler(*kind), times(200), 4, rng(seed)) for seed in range(5)])
    assert np.array_equal(drawn[0], drawn[1])
    assert len({clip.tobytes() for clip in drawn[0]}) > 1


def test_pythons_own_random_goes_on_as_if_nothing_had_been_drawn():
    random.seed(7)
    expected = random.random()
    random.seed(7)
    sample_clips(data.make_clip_sampler("random", 0.5), times(200), 4, rng())
    assert random.random() == expected


def test_random_clips_are_anywhere_in_the_video():
    sampler = data.make_clip_sampler("random", 0.5)
    clips = np.concatenate([sample_clips(sampler, times(40), 10, rng(seed)) for seed in range(300)])
    # Frame 0 would take a start of exactly 0.
    assert set(clips[:, 0]) == set(range(1, 31))
    assert clips.max() == 39


def test_a_used_sampler_starts_the_next_video_from_its_beginning():
    sampler = data.make_clip_sampler("constant_clips_per_video", 0.5, 3)
    sampler(0.0, 10.0, {})
    assert sample_clips(sampler, times(40), 2, rng())[0].tolist() == [0, 9]


def test_several_clips_at_a_time_are_a_row_each():
    clips = sample_clips(data.make_clip_sampler("random_multi", 0.5, 3), times(100), 4, rng())
    assert clips.shape == (3, 4)
    assert clips.dtype == np.int64


def test_a_short_video_gives_its_frames_more_than_once():
    clips = sample_clips(data.make_clip_sampler("random", 2.0), times(3), 6, rng())
    assert clips.tolist() == [[0, 0, 0, 1, 1, 2]]


def test_a_clip_in_which_no_frame_starts_is_the_one_on_the_screen():
    slow = np.array([0.0, 10.0, 20.0])
    clips = sample_clips(data.make_clip_sampler("uniform", 4), slow, 2, rng())
    assert clips.tolist() == [[0, 0], [0, 0], [1, 1], [1, 1], [1, 1], [2, 2], [2, 2]]


def test_a_given_duration_is_what_the_sampler_is_told():
    sampler = data.make_clip_sampler("uniform", 1)
    assert len(sample_clips(sampler, times(40), 2, rng())) == 2
    assert len(sample_clips(sampler, times(40), 2, rng(), duration=1.5)) == 1


@pytest.mark.parametrize(("num_times", "num_frames"), [(0, 4), (40, 0)])
def test_nothing_to_choose_from_or_for_is_refused(num_times, num_frames):
    with pytest.raises(UserError, match="give at least one"):
        sample_clips(data.make_clip_sampler("random", 0.5), times(num_times), num_frames, rng())

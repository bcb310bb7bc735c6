"""Which frames make a clip."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_video.clips import ClipConfig, even_steps, random_clip, spaced_clips

RATE = 30
configs = st.builds(ClipConfig, num_frames=st.integers(1, 40), frame_stride=st.integers(1, 5))
lengths = st.integers(1, 400)
seeds = st.integers(0, 2**32)


def even_times(num_frames, rate=RATE):
    return np.arange(num_frames) / rate


class Start:
    """Draws a number that was chosen before, and keeps the bound."""

    def __init__(self, start):
        self.start = start

    def integers(self, bound):
        self.bound = bound
        return self.start


@given(lengths, configs, seeds)
def test_a_random_clip_takes_every_strideth_frame_and_goes_round(num_frames, config, seed):
    clip = random_clip(even_times(num_frames), config, np.random.default_rng(seed))
    assert clip.shape == (config.num_frames,)
    assert clip.dtype == np.int64
    expected = (clip[0] + np.arange(config.num_frames) * config.frame_stride) % num_frames
    np.testing.assert_array_equal(clip, expected)


@given(lengths, configs, seeds)
def test_a_video_that_is_long_enough_is_not_left_at_its_end(num_frames, config, seed):
    clip = random_clip(even_times(num_frames), config, np.random.default_rng(seed))
    if num_frames > (config.num_frames - 1) * config.frame_stride:
        assert (np.diff(clip) > 0).all()


@pytest.mark.parametrize(
    ("num_frames", "num_starts"),
    [
        (300, 238),  # the released maxval: 300 - 31 * 2
        (63, 1),
        (62, 62),  # no longer than 31 * 2: anywhere, and round
        (1, 1),
    ],
)
def test_a_random_clip_starts_where_the_released_code_lets_it(num_frames, num_starts):
    draw = Start(num_starts - 1)
    clip = random_clip(even_times(num_frames), ClipConfig(), draw)
    assert draw.bound == num_starts
    assert clip[0] == num_starts - 1


def test_every_start_is_drawn():
    rng = np.random.default_rng(0)
    config = ClipConfig(num_frames=3, frame_stride=2)
    starts = [random_clip(even_times(9), config, rng)[0] for _ in range(500)]
    counts = np.bincount(starts, minlength=9)
    assert (counts[:5] > 60).all()
    assert counts[5:].sum() == 0


@given(lengths, configs, st.integers(2, 12))
def test_spaced_clips_start_the_video_and_end_it(num_frames, config, num_clips):
    clips = spaced_clips(even_times(num_frames), config, num_clips)
    assert clips.shape == (num_clips, config.num_frames)
    assert clips[0, 0] == 0
    span = config.num_frames * config.frame_stride
    if num_frames >= span:
        assert clips[-1, -1] == num_frames - config.frame_stride
        assert np.ptp(np.diff(clips[:, 0])) <= 1
    else:
        assert (clips == clips[0]).all()


@given(lengths, configs, st.integers(2, 12))
def test_spaced_clips_are_the_released_ones_but_for_rounding(num_frames, config, num_clips):
    """The released rule, spelled out in 32 bits as TensorFlow's linspace computes it."""
    last = np.float32(max(0, num_frames - config.num_frames * config.frame_stride))
    step = last / np.float32(num_clips - 1)
    starts = (np.arange(num_clips, dtype=np.float32) * step).astype(np.int64)
    assert np.abs(spaced_clips(even_times(num_frames), config, num_clips)[:, 0] - starts).max() <= 1


def test_ten_clips_of_a_video_of_kinetics():
    clips = spaced_clips(even_times(300), ClipConfig(), 10)
    assert clips[:, 0].tolist() == [0, 26, 52, 78, 104, 131, 157, 183, 209, 236]
    assert clips[-1, -1] == 298


def test_a_single_clip_is_the_middle():
    assert spaced_clips(even_times(300), ClipConfig(), 1)[0, [0, -1]].tolist() == [118, 180]


@given(st.integers(2, 300), st.floats(5, 240), seeds)
def test_times_that_stray_less_than_half_a_frame_do_not_matter(num_frames, rate, seed):
    strays = np.random.default_rng(seed).uniform(-0.49, 0.49, num_frames)
    strays[[0, -1]] = 0
    times = (np.arange(num_frames) + strays) / rate
    np.testing.assert_array_equal(even_steps(times), np.arange(num_frames))


@given(st.integers(2, 300), st.sampled_from([24, 25, 30, 50, 60]))
def test_times_in_whole_milliseconds_do_not_matter(num_frames, rate):
    times = np.round(np.arange(num_frames) / rate, 3)
    np.testing.assert_array_equal(even_steps(times), np.arange(num_frames))


@given(st.lists(st.floats(0.001, 5), min_size=2, max_size=60), st.floats(0.0, 1000.0))
def test_a_variable_rate_is_walked_in_even_steps_of_time(gaps, start):
    times = start + np.concatenate([[0.0], np.cumsum(gaps)])
    mean = (times[-1] - times[0]) / len(gaps)
    when = times[0] + np.arange(len(times)) * mean
    assume((np.abs(times - when) > 0.51 * mean).any())
    steps = even_steps(times)
    assert len(steps) == len(times)
    # On screen: shown already, and the next one not yet; to within rounding.
    assert (times[steps] <= when + 0.001 * mean).all()
    assert (np.append(times, np.inf)[steps + 1] >= when - 0.001 * mean).all()


def test_a_long_still_picture_is_repeated_and_a_burst_is_thinned():
    times = np.array([0.0, 0.1, 0.2, 0.3, 1.0, 1.1, 1.2, 1.3, 1.4])
    assert even_steps(times).tolist() == [0, 1, 3, 3, 3, 3, 4, 6, 8]


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
def test_a_fraction_of_the_rate_is_a_stride(factor):
    times = even_times(300)
    np.testing.assert_array_equal(even_steps(times, RATE / factor), np.arange(0, 300, factor))


@given(st.integers(2, 400), st.sampled_from([12.0, 25.0, 30.0]), st.sampled_from([15.0, 24.0, 25.0, 30.0, 60.0]))
def test_at_a_given_rate_videos_of_all_rates_take_the_same_time(num_frames, rate, wanted):
    steps = even_steps(even_times(num_frames, rate), wanted)
    assert abs(len(steps) / wanted - num_frames / rate) <= 1 / wanted
    late = np.arange(len(steps)) / wanted - steps / rate
    assert (late > -0.001 / rate).all()
    assert (late < 1.001 / rate).all()


def test_a_clip_at_a_given_rate_spans_the_same_seconds():
    config = ClipConfig(num_frames=16, frame_stride=2, frames_per_second=15)
    for rate in (15, 30, 60):
        clip = spaced_clips(even_times(10 * rate, rate), config, 2)[0]
        assert (clip[-1] - clip[0]) / rate == pytest.approx(2.0)


@pytest.mark.parametrize(
    "wrong",
    [{"num_frames": 0}, {"frame_stride": 0}, {"frames_per_second": -1.0}, {"frames_per_second": float("nan")}],
)
def test_settings_that_make_no_clip_are_refused(wrong):
    with pytest.raises(UserError, match=f"clip {next(iter(wrong))} "):
        ClipConfig(**wrong)


def test_no_clips_are_refused():
    with pytest.raises(UserError, match="num_clips 0: must be at least 1"):
        spaced_clips(even_times(10), ClipConfig(), 0)

"""The class of a moving digit is its motion, and nothing else."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from rs_video.moving_digits import CLASS_NAMES, HORIZONTAL_FLIP_IS_SAFE
from rs_video.moving_digits.draw import draw_video
from rs_video.moving_digits.motions import LARGEST_PX, MOTIONS, SIDE_PX, SMALLEST_PX
from rs_video.moving_digits.videos import all_videos, with_digits

FRAMES = np.arange(32.0)


def path_of(motion, seed=0):
    return MOTIONS[motion](np.random.default_rng(seed), FRAMES)


@pytest.mark.parametrize(
    ("motion", "way"),
    [
        ("left", (-1, 0)),
        ("right", (1, 0)),
        ("up", (0, -1)),
        ("down", (0, 1)),
        ("up_left", (-1, -1)),
        ("down_right", (1, 1)),
    ],
)
def test_straight_motions_go_their_way_at_a_steady_speed(motion, way):
    steps = np.diff(path_of(motion)[:, :2], axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-9)
    np.testing.assert_array_equal(np.sign(np.round(steps[0], 9)), way)


@pytest.mark.parametrize(("motion", "sense"), [("growing", 1), ("shrinking", -1)])
def test_sizes_change_one_way_but_for_starting_again(motion, sense):
    sizes = path_of(motion)[:, 2]
    assert np.mean(np.sign(np.diff(sizes)) == sense) > 0.9
    assert SMALLEST_PX <= sizes.min() < sizes.max() <= LARGEST_PX


@pytest.mark.parametrize(
    ("motion", "reverse"),
    [("left", "right"), ("up", "down"), ("up_left", "down_right"), ("growing", "shrinking")],
)
def test_backwards_each_class_is_another(motion, reverse):
    backwards, other = path_of(motion)[::-1], path_of(reverse)
    change = [np.sign(np.round(np.median(np.diff(path, axis=0), axis=0), 9)) for path in (backwards, other)]
    np.testing.assert_array_equal(*change)


def test_mirrored_some_classes_are_others():
    mirrored = path_of("left") * [-1, 1, 1]
    assert np.median(np.diff(mirrored[:, 0])) > 0
    assert not HORIZONTAL_FLIP_IS_SAFE


@pytest.mark.parametrize("motion", CLASS_NAMES)
def test_at_any_moment_a_digit_is_anywhere_in_any_size(motion):
    paths = np.stack([path_of(motion, seed) for seed in range(2000)])
    for frame in (0, 13, 31):
        x, y = paths[:, frame, :2].T % SIDE_PX / SIDE_PX
        size = np.log(paths[:, frame, 2] / SMALLEST_PX) / np.log(LARGEST_PX / SMALLEST_PX)
        for values in (x, y, size):
            # Uniform: all deciles are where they should be; the largest of such deviations is 0.03 by chance.
            np.testing.assert_allclose(np.quantile(values, np.arange(1, 10) / 10), np.arange(1, 10) / 10, atol=0.05)


def pictures(split, num_per_class):
    chosen = with_digits([video for video in all_videos() if video.split == split and video.number < num_per_class])
    videos, labels = [], []
    for video, digit in chosen:
        rng = np.random.default_rng([video.number, CLASS_NAMES.index(video.motion), split == "val"])
        frames = draw_video(digit, MOTIONS[video.motion](rng, FRAMES), rng)
        small = torch.nn.functional.avg_pool2d(torch.from_numpy(frames).permute(0, 3, 1, 2).float(), 4)
        videos.append(small.mean(1).numpy() / 255)
        labels.append(CLASS_NAMES.index(video.motion))
    return np.stack(videos), np.array(labels)


def accuracy(of_train, of_val, train_labels, val_labels):
    model = LogisticRegression(max_iter=300).fit(of_train, train_labels)
    return model.score(of_val, val_labels)


def test_one_frame_does_not_tell_the_class_and_what_changes_does():
    (train, train_labels), (val, val_labels) = pictures("train", 60), pictures("val", 25)

    def one(videos):
        return videos[:, 16].reshape(len(videos), -1)

    def change(videos):
        """How the brightness of two neighbouring frames goes together, at all small shifts of one of them."""
        pair = videos[:, 14], videos[:, 18]
        first, second = (np.fft.rfft2(part - part.mean((1, 2), keepdims=True)) for part in pair)
        return np.fft.irfft2(np.conj(first) * second).reshape(len(videos), -1)

    chance = 1 / len(CLASS_NAMES)
    assert accuracy(one(train), one(val), train_labels, val_labels) < chance + 0.08
    assert accuracy(change(train), change(val), train_labels, val_labels) > 3 * chance

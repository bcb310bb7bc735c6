"""What the device does to a batch of clips: flip and scale."""

import pytest
import torch

from rs_core.data.preprocessing import Preprocessing
from rs_video.train.pixels import augment, normalize

UNIT = Preprocessing(resolution=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


@pytest.fixture
def clips():
    generator = torch.Generator().manual_seed(0)
    memory = torch.randint(0, 256, (16, 5, 8, 8, 3), dtype=torch.uint8, generator=generator)
    return memory.permute(0, 4, 1, 2, 3)


def test_pixels_become_shares_of_white(clips):
    scaled = normalize(clips, UNIT)
    torch.testing.assert_close(scaled, clips.float() / 255)
    assert scaled.is_contiguous(memory_format=torch.channels_last_3d)


def test_mean_and_standard_deviation_are_those_of_the_channels(clips):
    preprocessing = Preprocessing(resolution=8)
    mean, std = (torch.tensor(each).view(1, 3, 1, 1, 1) for each in (preprocessing.mean, preprocessing.std))
    torch.testing.assert_close(normalize(clips, preprocessing), (clips.float() / 255 - mean) / std)


def test_a_clip_is_mirrored_as_a_whole_or_not_at_all(clips):
    before = clips.clone()
    augmented = augment(clips, 0.5, UNIT, torch.Generator().manual_seed(1)) * 255
    mirrored = [torch.equal(own.round(), other.flip(3).float()) for own, other in zip(augmented, clips, strict=True)]
    same = [torch.equal(own.round(), other.float()) for own, other in zip(augmented, clips, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 2 < sum(mirrored) < 14
    assert torch.equal(clips, before)


def test_the_generator_alone_decides(clips):
    first, second = (augment(clips, 0.5, UNIT, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(clips, 0.5, UNIT, torch.Generator().manual_seed(8)))


def test_at_probability_0_nothing_is_mirrored(clips):
    torch.testing.assert_close(augment(clips, 0.0, UNIT, torch.Generator()), clips.float() / 255)

"""Augmentation on the device, against torchvision and the closed form."""

import math

import pytest
import torch
from torchvision.transforms import v2

from rs_core.data import augment
from rs_core.data.augment import DeviceAugment, mirror, normalize_on_cpu
from rs_core.data.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing, normalize
from rs_core.data.randaugment import RandAugment, RandAugmentConfig
from rs_core.errors import UserError

PREPROCESSING = Preprocessing(resolution=16)


@pytest.fixture
def images():
    pixels = torch.randint(0, 256, (64, 16, 16, 3), dtype=torch.uint8, generator=seeded(1))
    return pixels.permute(0, 3, 1, 2)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normalized(images):
    return normalize(images, IMAGENET_MEAN, IMAGENET_STD)


def test_normalize_equals_torchvisions_in_float64(images):
    expected = v2.functional.normalize(images.double() / 255, list(IMAGENET_MEAN), list(IMAGENET_STD))
    result = normalized(images)
    assert result.dtype == torch.float32
    # Values reach 2.6: a few roundings of float32.
    torch.testing.assert_close(result.double(), expected, rtol=0, atol=1e-6)


def test_normalize_takes_float32_on_the_same_scale_and_leaves_it_as_it_was(images):
    floats = images.float()
    assert torch.equal(normalized(floats), normalized(images))
    assert torch.equal(floats, images.float())


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("num_images", [1, 5, 64])
def test_normalising_in_pieces_gives_the_bits_of_the_whole(images, num_images, memory_format):
    images = images[:num_images].contiguous(memory_format=memory_format)
    result = normalize_on_cpu(images, PREPROCESSING)
    assert torch.equal(result, normalized(images))
    assert result.is_contiguous(memory_format=memory_format)


def test_the_chosen_images_are_mirrored_and_no_others(images):
    chosen = torch.rand(64, generator=seeded()) < 0.5
    assert torch.equal(mirror(images, chosen), torch.where(chosen.view(-1, 1, 1, 1), images.flip(3), images))


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_the_memory_format_is_kept(images, memory_format):
    images = images.contiguous(memory_format=memory_format)
    transform = DeviceAugment(PREPROCESSING, randaugment=RandAugmentConfig(magnitude=10))
    assert transform(images, seeded()).is_contiguous(memory_format=memory_format)


def test_each_image_is_mirrored_or_not_with_the_given_probability():
    images = torch.arange(8, dtype=torch.uint8).expand(20_000, 3, 1, 8)
    result = DeviceAugment(PREPROCESSING, horizontal_flip=0.3)(images, seeded())
    plain = normalized(images[:1])
    is_flipped = (result == plain.flip(3)).flatten(1).all(1)
    assert torch.equal(is_flipped, ~(result == plain).flatten(1).all(1))
    assert abs(is_flipped.float().mean().item() - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 20_000)


def test_probabilities_0_and_1_are_certainties(images):
    never = DeviceAugment(PREPROCESSING, horizontal_flip=0)(images, seeded())
    always = DeviceAugment(PREPROCESSING, horizontal_flip=1)(images, seeded())
    assert torch.equal(never, normalized(images))
    assert torch.equal(always, normalized(v2.functional.horizontal_flip(images)))


def test_randaugment_comes_between_the_flip_and_normalisation(images):
    config = RandAugmentConfig(magnitude=10)
    result = DeviceAugment(PREPROCESSING, horizontal_flip=1, randaugment=config)(images, seeded())
    generator = seeded()
    torch.rand(len(images), generator=generator)
    expected = normalized(RandAugment(config)(images.flip(3), generator))
    assert torch.equal(result, expected)


def test_the_generator_alone_decides_and_the_batch_is_left_as_it_was(images):
    transform = DeviceAugment(PREPROCESSING, randaugment=RandAugmentConfig(magnitude=10))
    before = images.clone()
    first = transform(images, seeded(5))
    assert torch.equal(first, transform(images, seeded(5)))
    assert not torch.equal(first, transform(images, seeded(6)))
    assert torch.equal(images, before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="compares a GPU with the CPU")
def test_a_gpu_draws_the_same_numbers_as_the_cpu(images):
    transform = DeviceAugment(PREPROCESSING)
    on_gpu = transform(images.cuda(), seeded()).cpu()
    torch.testing.assert_close(on_gpu, transform(images, seeded()), rtol=0, atol=1e-6)


def test_the_caller_keeps_its_threads(images, monkeypatch):
    seen = []
    monkeypatch.setattr(augment, "mirror", lambda images, _chosen: seen.append(torch.get_num_threads()) or images)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        DeviceAugment(PREPROCESSING)(images, seeded())
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_a_flip_probability_above_1_is_refused():
    with pytest.raises(UserError, match=r"horizontal_flip 1\.5"):
        DeviceAugment(PREPROCESSING, horizontal_flip=1.5)

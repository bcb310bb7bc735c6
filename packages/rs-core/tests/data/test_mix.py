"""Mixup against its formula, and that all it draws comes from one generator."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats

from rs_core.data.mix import draw_mix


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_images_and_losses_are_blended_in_the_same_pairs_with_the_same_share():
    mix = draw_mix(1.0, 6, generator())
    partners = mix.partners.tolist()
    assert sorted(partners) == list(range(6))
    assert 0 < mix.share < 1

    images = torch.rand(6, 3, 4, 4, generator=generator(1))
    by_hand = [mix.share * images[place] + (1 - mix.share) * images[partner] for place, partner in enumerate(partners)]
    torch.testing.assert_close(mix.images(images), torch.stack(by_hand))

    logits, labels = torch.randn(6, 5, generator=generator(2)), torch.tensor([0, 1, 2, 3, 4, 0])
    targets = F.one_hot(labels, 5).float()
    mixed_targets = mix.share * targets + (1 - mix.share) * targets[partners]
    by_hand_loss = -(mixed_targets * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(mix.loss(lambda chosen: F.cross_entropy(logits, chosen), labels), by_hand_loss)


def test_the_memory_format_is_kept():
    images = torch.rand(4, 3, 8, 8).to(memory_format=torch.channels_last)
    assert draw_mix(0.2, 4, generator()).images(images).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_the_shares_are_those_of_the_beta_distribution(alpha):
    shares = [draw_mix(alpha, 1, generator(seed)).share for seed in range(500)]
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.01


def test_the_partners_are_in_a_random_order():
    """With neighbours, which may be of one class, a batch of 64 would be a cycle."""
    partners = draw_mix(0.2, 64, generator()).partners.numpy()
    assert len(np.unique((partners - np.arange(64)) % 64)) > 16


def test_the_same_seed_mixes_alike_and_another_one_does_not():
    one, again, other = (draw_mix(0.2, 32, generator(seed)) for seed in (3, 3, 4))
    assert one.share == again.share
    assert torch.equal(one.partners, again.partners)
    assert one.share != other.share


def test_without_mixup_nothing_is_drawn_and_nothing_changed():
    source = generator()
    before = source.get_state()
    mix = draw_mix(0.0, 4, source)
    assert torch.equal(source.get_state(), before)
    images, labels = torch.rand(4, 3, 2, 2), torch.arange(4)
    assert mix.images(images) is images
    assert mix.loss(lambda chosen: chosen.sum().float(), labels) == 6

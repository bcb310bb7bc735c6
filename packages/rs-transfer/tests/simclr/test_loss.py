"""NT-Xent against a transcription of the released loss and against pytorch-metric-learning's."""

import numpy as np
import pytest
import torch
from pytorch_metric_learning.losses import NTXentLoss, SelfSupervisedLoss

from rs_transfer.simclr.loss import nt_xent


def projections_of(num_images, channels=16, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2 * num_images, channels, generator=generator, requires_grad=True)


def released(projections, temperature):
    """google-research/simclr:objective.py, in float64."""
    hidden = projections / np.linalg.norm(projections, axis=1, keepdims=True)
    first, second = hidden[::2], hidden[1::2]
    count = len(first)
    masked = 1e9 * np.eye(count)

    def cross_entropy(logits):
        logits = logits - logits.max(1, keepdims=True)
        log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return -log_probabilities[np.arange(count), np.arange(count)].mean()

    aa, bb = first @ first.T / temperature - masked, second @ second.T / temperature - masked
    ab, ba = first @ second.T / temperature, second @ first.T / temperature
    return cross_entropy(np.concatenate([ab, aa], 1)) + cross_entropy(np.concatenate([ba, bb], 1))


@pytest.mark.parametrize("temperature", [0.1, 0.5])
@pytest.mark.parametrize("num_images", [2, 7, 32])
def test_the_loss_is_the_released_one(num_images, temperature):
    projections = projections_of(num_images)
    loss, _ = nt_xent(projections, temperature)
    assert loss.item() == pytest.approx(released(projections.detach().double().numpy(), temperature), rel=1e-5)


def test_the_loss_and_its_gradients_are_twice_those_of_pytorch_metric_learning():
    ours, theirs = projections_of(16), projections_of(16)
    loss, _ = nt_xent(ours, 0.1)
    loss.backward()
    other = SelfSupervisedLoss(NTXentLoss(temperature=0.1))(theirs[::2], theirs[1::2])
    (2 * other).backward()  # which is the mean over both directions, where SimCLR's is the sum
    assert loss.item() == pytest.approx(2 * other.item(), rel=1e-5)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)


def test_the_length_of_a_projection_has_no_effect():
    projections = projections_of(8)
    lengths = torch.linspace(0.1, 10, 16)[:, None]
    assert nt_xent(projections * lengths, 0.1)[0].item() == pytest.approx(nt_xent(projections, 0.1)[0].item(), rel=1e-5)


def test_views_that_are_alike_are_found_and_random_ones_are_not():
    alike = projections_of(64, channels=128).detach()[::2].repeat_interleave(2, 0)
    assert nt_xent(alike, 0.1)[1].item() == 100
    assert nt_xent(projections_of(64, channels=128), 0.1)[1].item() < 10


def test_untrained_views_cost_twice_the_logarithm_of_the_others():
    orthogonal = torch.eye(64)
    assert nt_xent(orthogonal, 0.1)[0].item() == pytest.approx(2 * np.log(63), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_loss_is_computed_in_float32_whatever_the_precision(dtype):
    projections = projections_of(32).detach().to(dtype)
    with torch.autocast("cpu", dtype):
        loss, _ = nt_xent(projections, 0.1)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(released(projections.double().numpy(), 0.1), rel=1e-5)

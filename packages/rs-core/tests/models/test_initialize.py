"""The three ways to start: spread, cut and zeros of every kind of parameter."""

import math

import pytest
import timm
import torch
from scipy import stats
from torch import nn

from rs_core.models.initialize import variance_scaling_


def named_weights(model, kind):
    return [(name, m.weight.detach()) for name, m in model.named_modules() if isinstance(m, kind)]


@pytest.mark.parametrize("init", ["tf1", "tf2"])
def test_kernels_have_the_variance_of_one_over_fan_in_and_end_at_two_sigma(init, row, small):
    torch.manual_seed(0)
    model = small(row, width_multiplier=0.5, init=init)
    layers = named_weights(model, nn.Conv2d | nn.Conv3d | nn.Linear)
    kernels = [pair for pair in layers if pair[0] != "classifier" and not pair[0].endswith("self_gating")]
    for name, kernel in kernels:
        std = math.sqrt(1 / kernel[0].numel())
        # Five standard errors of an estimated deviation; the cut makes them smaller still.
        assert kernel.std().item() == pytest.approx(std, rel=5 / math.sqrt(2 * kernel.numel())), name
        assert kernel.abs().max() <= 2 * std / 0.87962566103423978, name


def test_the_drawn_numbers_are_a_truncated_normal():
    torch.manual_seed(0)
    weight = torch.empty(100, 200)
    variance_scaling_(weight)
    sigma = math.sqrt(1 / 200) / 0.87962566103423978
    assert stats.kstest(weight.flatten().numpy(), stats.truncnorm(-2, 2, scale=sigma).cdf).pvalue > 0.01


@pytest.mark.parametrize("init", ["tf1", "tf2"])
def test_tensorflow_s_biases_start_at_zero(init, small):
    biases = [m.bias for m in small(init=init).modules() if isinstance(m, nn.Linear)]
    assert len(biases) == 2 * 4 + 1
    assert not any(bias.any() for bias in biases)


@pytest.mark.parametrize("init", ["tf1", "tf2", "he"])
def test_self_gating_starts_by_model_garden_s_own_rule(init, small):
    torch.manual_seed(0)
    gate = small("r3d_rs_50", init=init).stages["c5"][0].self_gating
    drawn = gate.weight.detach().flatten().numpy()
    assert stats.kstest(drawn, stats.truncnorm(-2, 2, scale=0.01).cdf).pvalue > 0.01
    assert not gate.bias.any()


def test_the_classifier_starts_as_each_source_has_it(small):
    torch.manual_seed(0)
    tf1, tf2, he = (small(init=init, num_classes=1000).classifier.weight for init in ("tf1", "tf2", "he"))
    assert tf1.std().item() == pytest.approx(0.01, rel=0.01)
    assert stats.kstest(tf2.detach().flatten().numpy(), stats.uniform(-0.05, 0.1).cdf).pvalue > 0.01
    # PyTorch's rule is U(-b, b) with b = 1 / sqrt(fan_in).
    bound = 1 / math.sqrt(he.shape[1])
    assert stats.kstest(he.detach().flatten().numpy(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.01


def test_he_has_the_spread_of_timm(small):
    torch.manual_seed(0)
    ours = small(init="he", width_multiplier=1.0)
    theirs = timm.create_model("resnetrs50")
    for key, name in [("conv2", "conv2"), ("conv3", "conv3"), ("se.reduce", "se.fc1"), ("se.expand", "se.fc2")]:
        mine = ours.get_submodule(f"stages.c4.0.{key}").weight
        reference = theirs.get_submodule(f"layer3.0.{name}").weight
        assert mine.std().item() == pytest.approx(reference.std().item(), rel=0.02), key


@pytest.mark.parametrize("name", ["resnet_rs_50", "resnet_18", "r3d_rs_50"])
def test_only_the_last_batch_norm_of_a_branch_starts_at_zero_scale(name, small):
    model = small(name, zero_gamma=True)
    last = {id(block.last_bn) for block in model.blocks()}
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            expected = 0.0 if id(module) in last else 1.0
            assert (module.weight == expected).all()
            assert not module.bias.any()


def test_zero_gamma_can_be_off(small):
    norms = [m for m in small(zero_gamma=False).modules() if isinstance(m, nn.BatchNorm2d)]
    assert all((norm.weight == 1).all() for norm in norms)

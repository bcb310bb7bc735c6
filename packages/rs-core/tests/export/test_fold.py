import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.testing import assert_close

from rs_core.export import fold_batch_norm

NETWORKS: dict[str, dict[str, Any]] = {
    "rs": {},
    "plain": {"stem": "7x7", "stem_downsampling": "max_pool", "downsampling": "B", "se_ratio": 0.0},
    "stride on the first 1x1": {"downsampling": "A", "se_ratio": 0.0},
    "resnet-d": {"stem_downsampling": "max_pool", "se_ratio": 0.0},
    "model garden": {"activation": "silu", "padding": "same", "pool_every_shortcut": True},
    "basic": {"block": "basic", "blocks": (2, 1, 1, 1)},
    "dilated": {"output_stride": 8},
    "small stem": {"stem": "small", "stem_downsampling": "none"},
    "no classifier": {"num_classes": 0},
    "selective kernels": {"sk_ratio": 0.25, "pool_every_shortcut": True},
}


@pytest.mark.parametrize("options", NETWORKS.values(), ids=NETWORKS.keys())
def test_folding_is_exact_algebra(small_network, options):
    model = small_network(**options).double().eval()
    # Odd sizes, so that "same" padding and ceil-mode pooling are lopsided.
    images = torch.randn(2, 3, 75, 67, dtype=torch.float64)
    folded = fold_batch_norm(model)

    assert_close(folded(images), model(images), rtol=1e-10, atol=1e-12)
    expected = model.forward_features(images)
    for name, feature in folded.forward_features(images).items():
        assert_close(feature, expected[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sk_ratio", [0.0, 0.25])
def test_no_batch_norm_remains_and_every_convolution_has_a_bias(small_network, sk_ratio):
    folded = fold_batch_norm(small_network(sk_ratio=sk_ratio))
    assert not any(isinstance(module, _BatchNorm) for module in folded.modules())
    assert all(module.bias is not None for module in folded.modules() if isinstance(module, nn.Conv2d))


def test_of_a_selective_kernel_only_the_layer_before_the_batch_norm_gets_a_bias(small_network):
    select = fold_batch_norm(small_network(sk_ratio=0.25)).stages["c2"][0].select
    assert (select.reduce.bias is not None, select.expand.bias is None) == (True, True)


def test_squeeze_and_excitation_is_left_alone(small_network):
    model = small_network()
    before = {name: value for name, value in model.state_dict().items() if ".se." in name}
    after = fold_batch_norm(model).state_dict()
    assert before
    for name, value in before.items():
        assert torch.equal(after[name], value)


def test_the_original_stays_as_it_was(small_network):
    model = small_network().train()
    before = copy.deepcopy(model.state_dict())
    fold_batch_norm(model)
    assert model.training
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_frozen_batch_norm_folds_too(small_network):
    model = small_network().double()
    model.freeze("stem", "c2")
    model.eval()
    images = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    folded = fold_batch_norm(model)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert_close(folded(images), model(images), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"padding": "symmetric", "stem": "7x7", "self_gating": "after_se"}])
def test_networks_of_clips_fold_too(small_network, options):
    model = small_network(clips=True, **options).double().eval()
    clips = torch.randn(1, 3, 5, 43, 37, dtype=torch.float64)
    folded = fold_batch_norm(model)
    assert not any(isinstance(module, nn.BatchNorm3d) for module in folded.modules())
    assert_close(folded(clips), model(clips), rtol=1e-10, atol=1e-12)

import copy
import logging
import math

import pytest
import torch
from torch import nn
from torch._inductor import config as inductor_config
from torch.testing import assert_close

from rs_core import UserError
from rs_core.export import optimize_for_inference

IMAGES = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def no_compiler():
    with inductor_config.patch({"cpp.cxx": ("no-such-compiler",)}):
        yield


def relative_error(actual: torch.Tensor, expected: torch.Tensor) -> float:
    return ((actual - expected).norm() / expected.norm()).item()


def bfloat16_bound(model: nn.Module) -> float:
    """Every layer rounds its weights and its output to 8 significant bits.

    One rounding is off by 2**-9 at most, and errors of different signs add up like the root of their number.
    """
    num_layers = sum(isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear) for module in model.modules())
    return math.sqrt(2 * num_layers) * 2**-9


def test_float32_agrees_with_the_original(small_network):
    model = small_network().eval()
    fast = optimize_for_inference(model, compile=False)
    logits = fast(IMAGES)
    assert fast.path == "eager fused"
    assert logits.dtype == torch.float32
    assert not logits.requires_grad
    assert_close(logits, model(IMAGES).detach(), rtol=1e-4, atol=1e-5)


def test_bfloat16_agrees_within_its_rounding_and_is_not_float32(small_network):
    model = small_network().eval()
    logits = optimize_for_inference(model, dtype=torch.bfloat16, compile=False)(IMAGES)
    assert logits.dtype == torch.float32
    assert 1e-5 < relative_error(logits, model(IMAGES)) < bfloat16_bound(model)


def test_without_a_classifier_it_gives_pooled_features(small_network):
    model = small_network(num_classes=0).eval()
    pooled = optimize_for_inference(model, compile=False)(IMAGES)
    assert pooled.shape == (4, model.num_features)
    assert_close(pooled, model(IMAGES).detach(), rtol=1e-4, atol=1e-5)


def test_features_keep_the_backbone_contract(small_network):
    model = small_network().eval()
    fast = optimize_for_inference(model, dtype=torch.bfloat16, compile=False)
    features = fast.forward_features(IMAGES)
    assert fast.feature_info == model.feature_info
    assert list(features) == [info.name for info in model.feature_info]
    for name, expected in model.forward_features(IMAGES).items():
        assert features[name].dtype == torch.float32
        assert relative_error(features[name], expected) < bfloat16_bound(model)


def test_the_original_stays_as_it_was(small_network):
    model = small_network().train()
    before = copy.deepcopy(model.state_dict())
    optimize_for_inference(model, dtype=torch.bfloat16, compile=False)(IMAGES)
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(value.dtype == before[name].dtype for name, value in model.state_dict().items())


def test_train_does_not_bring_dropout_back(small_network):
    fast = optimize_for_inference(small_network(dropout=0.5), compile=False)
    expected = fast(IMAGES)
    assert torch.equal(fast.train()(IMAGES), expected)


def test_without_a_compiler_it_says_so_and_runs_eagerly(small_network, no_compiler, caplog):
    with caplog.at_level(logging.WARNING):
        fast = optimize_for_inference(small_network())
    assert fast.path == "eager fused"
    assert "no C++ compiler" in caplog.text
    assert fast(IMAGES).shape == (4, 10)


def test_insisting_on_compilation_without_a_compiler_is_refused(small_network, no_compiler):
    with pytest.raises(UserError, match=r"compile=True: no C\+\+ compiler is installed; install it or"):
        optimize_for_inference(small_network(), compile=True)


def test_other_precisions_are_refused(small_network):
    with pytest.raises(UserError, match=r"dtype=torch.float16: choose torch.float32 or torch.bfloat16"):
        optimize_for_inference(small_network(), dtype=torch.float16)


@pytest.mark.slow
def test_compiled_float32_agrees_and_each_network_keeps_its_own_weights_packed(small_network):
    models = [small_network(seed).eval() for seed in (0, 1)]
    compiled = [optimize_for_inference(model, compile=True) for model in models]
    assert [fast.path for fast in compiled] == ["compiled", "compiled"]
    for fast, model in zip(compiled, models, strict=True):
        assert_close(fast(IMAGES), model(IMAGES).detach(), rtol=1e-4, atol=1e-4)
    # Back to the first: its compiled weights were not those of the second.
    assert_close(compiled[0](IMAGES), models[0](IMAGES).detach(), rtol=1e-4, atol=1e-4)
    assert not inductor_config.freezing

    # Without frozen weights oneDNN would reorder them at every call.
    with torch.profiler.profile() as profile:
        compiled[0](IMAGES)
    names = {event.key for event in profile.key_averages()}
    assert "aten::mkldnn_convolution" not in names
    assert "mkldnn::_convolution_pointwise" in names


@pytest.mark.slow
def test_compiled_bfloat16_agrees_at_several_batch_and_image_sizes(small_network):
    model = small_network().eval()
    fast = optimize_for_inference(model, dtype=torch.bfloat16, compile=True)
    for images in (IMAGES, IMAGES[:1, :, :50, :41]):
        assert relative_error(fast(images), model(images)) < bfloat16_bound(model)
    for name, expected in model.forward_features(IMAGES).items():
        assert relative_error(fast.forward_features(IMAGES)[name], expected) < bfloat16_bound(model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_networks_of_clips_run_too(small_network, dtype):
    model = small_network(clips=True).eval()
    clips = torch.randn(2, 3, 4, 64, 64)
    fast = optimize_for_inference(model, dtype=dtype, compile=False)
    bound = bfloat16_bound(model) if dtype == torch.bfloat16 else 1e-5
    assert relative_error(fast(clips), model(clips)) < bound

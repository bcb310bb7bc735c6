"""timm as oracle: every size that both have, with random weights mapped both ways."""

import math

import pytest
import timm
import torch
import torchvision
from torch import nn

from rs_core import UserError, create_model
from rs_core.weights import from_timm, timm_names, to_timm

# timm's name and options, ours.
QUICK = {
    "resnetrs50": ("resnetrs50", {}, "resnet_rs_50", {}),
    "resnetrs101": ("resnetrs101", {}, "resnet_rs_101", {}),
    "resnetrs152": ("resnetrs152", {}, "resnet_rs_152", {}),
    "resnet18": ("resnet18", {}, "resnet_18", {}),
    "resnet26": ("resnet26", {}, "resnet_26", {}),
    "resnet34": ("resnet34", {}, "resnet_34", {}),
    "resnet50": ("resnet50", {}, "resnet_50", {}),
    "resnet18d": ("resnet18d", {}, "resnet_d_18", {}),
    "resnet50d": ("resnet50d", {}, "resnet_d_50", {}),
    "resnet101d": ("resnet101d", {}, "resnet_d_101", {}),
    "grey": ("resnet50", {"in_chans": 1}, "resnet_50", {"in_channels": 1}),
    "stride 16": ("resnet50", {"output_stride": 16}, "resnet_50", {"output_stride": 16}),
    "stride 8": ("resnet50", {"output_stride": 8}, "resnet_50", {"output_stride": 8}),
    "basic stride 8": ("resnet18", {"output_stride": 8}, "resnet_18", {"output_stride": 8}),
    "silu": ("resnetrs50", {"act_layer": "silu"}, "resnet_rs_50", {"activation": "silu"}),
    "7x7 conv": ("resnet26", {"replace_stem_pool": True}, "resnet_26", {"stem_downsampling": "conv"}),
}
DEEP = {f"resnetrs{depth}": (f"resnetrs{depth}", {}, f"resnet_rs_{depth}", {}) for depth in (200, 270, 350, 420)}


def random_weights(model: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Draw weights and statistics that keep the signal alive through hundreds of layers."""
    generator = torch.Generator().manual_seed(seed)
    state = model.state_dict()
    last_norm = "bn3.weight" if any("conv3" in key for key in state) else "bn2.weight"
    weights = {}
    for key, tensor in state.items():
        z = torch.randn(tensor.shape, generator=generator)
        if key.endswith("num_batches_tracked"):
            weights[key] = torch.tensor(3)
        elif key.endswith("running_var"):
            weights[key] = torch.exp(0.2 * z)
        elif tensor.ndim > 1:
            weights[key] = z * math.sqrt(2 / tensor[0].numel())
        elif key.endswith("weight"):
            weights[key] = 0.1 * z + (0.3 if key.endswith(last_norm) and "layer" in key else 1.0)
        else:
            weights[key] = 0.1 * z
    return weights


def pair(case: str) -> tuple[nn.Module, nn.Module]:
    """Build timm's network with random weights and ours with the same."""
    their_name, their_options, name, options = (QUICK | DEEP)[case]
    with torch.device("meta"):
        theirs = timm.create_model(their_name, **their_options)
        ours = create_model(name, **options)
    weights = random_weights(theirs, seed=3)
    theirs.load_state_dict(weights, assign=True)
    # Copies, so that training one does not move the other.
    copies = {key: t.clone() for key, t in from_timm(weights, ours).items()}
    ours.load_state_dict(copies, assign=True)
    return theirs, ours


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).abs().max() / theirs.std())


@pytest.mark.parametrize("case", [*QUICK, *(pytest.param(c, marks=pytest.mark.slow) for c in DEEP)])
def test_features_and_logits_equal_timm_and_weights_survive_the_round_trip(case):
    theirs, ours = pair(case)
    # Odd sizes on the way down: 45x38, 23x19, 12x10, 6x5, 3x3.
    images = torch.randn(2, ours.config.in_channels, 90, 75, generator=torch.Generator().manual_seed(1))
    theirs.eval()
    ours.eval()
    with torch.no_grad():
        # Index 0 is the stem, which timm keeps before its pool.
        expected = theirs.forward_intermediates(images, indices=[1, 2, 3, 4], intermediates_only=True)
        features = ours.forward_features(images)
        assert relative_error(ours(images), theirs(images)) < 1e-4
    for feature, reference in zip(features.values(), expected, strict=True):
        assert relative_error(feature, reference) < 1e-4

    back = to_timm(ours.state_dict(), ours)
    original = theirs.state_dict()
    assert back.keys() == original.keys()
    assert all(torch.equal(back[key], tensor) for key, tensor in original.items())


def test_one_training_step_has_the_gradients_and_statistics_of_timm():
    theirs, ours = pair("resnetrs50")
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(4, 3, 64, 64, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 999, 5, 7])
    for model in (theirs, ours):
        model.double().train()
        nn.functional.cross_entropy(model(images), labels).backward()

    names = timm_names(ours)
    their_parameters = dict(theirs.named_parameters())
    for key, parameter in ours.named_parameters():
        gradient = their_parameters[names[key]].grad.reshape(parameter.shape)
        assert (parameter.grad - gradient).abs().max() <= 1e-9 * gradient.abs().max(), key
    their_buffers = dict(theirs.named_buffers())
    for key, buffer in ours.named_buffers():
        torch.testing.assert_close(buffer, their_buffers[names[key]], rtol=1e-9, atol=1e-12, msg=key)


def test_logits_equal_torchvision_which_shares_the_plain_layout():
    with torch.device("meta"):
        theirs, ours = torchvision.models.resnet50(), create_model("resnet_50")
    weights = random_weights(theirs, seed=4)
    theirs.load_state_dict(weights, assign=True)
    ours.load_state_dict(from_timm(weights, ours), assign=True)
    images = torch.randn(2, 3, 65, 97, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        assert relative_error(ours.eval()(images), theirs.eval()(images)) < 1e-4


@pytest.fixture(scope="module")
def small_model():
    return create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)


def test_every_missing_extra_and_misshapen_tensor_is_named_in_one_line(small_model):
    weights = to_timm(small_model.state_dict(), small_model)
    del weights["maxpool.1.bias"]
    weights["head.fc.weight"] = torch.zeros(1)
    weights["fc.bias"] = torch.zeros(1000)
    with pytest.raises(UserError) as error:
        from_timm(weights, small_model)
    message = str(error.value)
    assert "1 missing: maxpool.1.bias" in message
    assert "1 extra: head.fc.weight" in message
    assert "1 misshapen: fc.bias [1000] instead of [3]" in message
    assert "\n" not in message


def test_a_state_dict_of_another_network_is_refused_on_the_way_out(small_model):
    weights = small_model.state_dict()
    weights["classifier.bias"] = torch.zeros(4)
    with pytest.raises(UserError, match=r"1 misshapen: classifier\.bias \[4\] instead of \[3\]"):
        to_timm(weights, small_model)


def test_a_wholly_foreign_state_dict_still_makes_a_readable_line(small_model):
    with pytest.raises(UserError) as error:
        from_timm({f"blocks.{i}.weight": torch.zeros(1) for i in range(300)}, small_model)
    assert "300 extra" in str(error.value)
    assert "and 295 more" in str(error.value)
    assert len(str(error.value)) < 800

"""The whole network: options reach where they should, and it behaves as a module."""

import copy
import pickle

import pytest
import torch
from torch import nn

from rs_core import UserError, create_model

MULTIPLIERS = [0.25, 0.5, 1.0, 1.5, 2.0]


def norms(model):
    return [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_every_stage_follows_the_width_multiplier(multiplier):
    with torch.device("meta"):
        model = create_model("resnet_rs_50", width_multiplier=multiplier)
    assert [info.channels for info in model.feature_info] == [int(multiplier * c) for c in (256, 512, 1024, 2048)]
    assert model.stages["c3"][1].conv2.out_channels == int(128 * multiplier)
    assert model.stages["c3"][1].se.reduce.out_features == int(128 * multiplier)
    assert model.classifier.in_features == int(2048 * multiplier)


def test_batch_norm_settings_reach_every_layer(small):
    layers = norms(small(bn_momentum=1.0, bn_eps=1e-3))
    assert len(layers) == 4 + 4 * 4
    assert {(layer.momentum, layer.eps) for layer in layers} == {(1.0, 1e-3)}


def test_momentum_one_keeps_the_statistics_of_the_last_batch(small, draw):
    model = small(bn_momentum=1.0)
    images = draw(3)
    model(images)
    before = model.stem.conv1(images)
    torch.testing.assert_close(model.stem.bn1.running_mean, before.mean((0, 2, 3)))
    torch.testing.assert_close(model.stem.bn1.running_var, before.var((0, 2, 3)))


def test_the_activation_reaches_every_layer_but_the_gates(small):
    kinds = {type(m) for m in small(activation="silu").modules()}
    assert nn.SiLU in kinds
    assert nn.ReLU not in kinds


def test_drop_path_rates_reach_their_blocks(small):
    model = small(blocks=(1, 2, 1, 1), drop_path_rate=0.5)
    assert [block.drop_path_rate for block in model.blocks()] == pytest.approx([0.2, 0.3, 0.3, 0.4, 0.5])


def test_dropout_acts_only_in_training(small, draw):
    model = small(dropout=0.5).eval()
    assert torch.equal(model(draw()), model(draw()))
    pooled = torch.ones(1000, model.num_features, 1, 1)
    model.classifier = nn.Identity()
    model.train()
    dropped = model.forward_head(pooled)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)


def test_zero_classes_leave_the_pooled_features(small, draw):
    model = small(num_classes=0).eval()
    c5 = model.forward_features(draw())["c5"]
    assert torch.equal(model(draw()), c5.mean((2, 3)))
    assert not [key for key in model.state_dict() if key.startswith("classifier")]


@pytest.mark.parametrize("in_channels", [1, 6])
def test_other_numbers_of_channels_are_taken(in_channels, small, draw):
    assert small(in_channels=in_channels)(draw(channels=in_channels)).shape == (2, 5)


@pytest.mark.parametrize(
    ("name", "options", "output_stride"),
    [
        ("resnet_18", {}, 8),
        ("resnet_18", {}, 16),
        ("resnet_50", {}, 8),
        ("resnet_50", {"downsampling": "A"}, 8),
        ("resnet_50", {"downsampling": "A"}, 16),
        # At stride 8 the 2x2 pool of c5 stays at neighbouring pixels, as in timm, so only c4 would agree.
        ("resnet_d_50", {}, 16),
        ("resnet_d_18", {}, 16),
    ],
)
def test_a_dilated_network_computes_the_strided_one_at_more_positions(name, options, output_stride, small, draw):
    options = {"zero_gamma": False, "blocks": (1, 2, 2, 2)} | options
    strided = small(name, **options).eval().double()
    dilated = small(name, output_stride=output_stride, **options).eval().double()
    dilated.load_state_dict(strided.state_dict())
    coarse, fine = (model.forward_features(draw(1, 128, 96).double()) for model in (strided, dilated))
    for info, reference in zip(dilated.feature_info, coarse.values(), strict=True):
        step = fine[info.name].shape[2] // reference.shape[2]
        torch.testing.assert_close(fine[info.name][:, :, ::step, ::step], reference)
    assert fine["c5"].shape[2:] == (128 // output_stride, 96 // output_stride)


def test_replace_head_fits_a_new_task_and_keeps_the_backbone(small, draw):
    model = small(init="tf1", dropout=0.1).double()
    c5 = model.eval().forward_features(draw().double())["c5"]
    torch.manual_seed(0)
    model.replace_head(700, dropout=0.25)
    assert model(draw().double()).shape == (2, 700)
    assert torch.equal(model.forward_features(draw().double())["c5"], c5)
    assert model.classifier.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert model.dropout.p == 0.25
    assert (model.config.num_classes, model.config.dropout) == (700, 0.25)


def test_replace_head_keeps_the_dropout_and_can_remove_the_head(small, draw):
    model = small(dropout=0.1)
    model.replace_head(0)
    assert model.dropout.p == 0.1
    assert model(draw()).shape == (2, model.num_features)


def test_a_network_with_a_new_head_can_be_built_again_from_its_configuration(small, draw):
    model = small().eval()
    model.replace_head(3)
    twin = type(model)(model.config).eval()
    twin.load_state_dict(model.state_dict())
    assert torch.equal(twin(draw()), model(draw()))


def test_replace_head_refuses_impossible_numbers_and_changes_nothing(small):
    model = small()
    with pytest.raises(UserError, match="dropout=2"):
        model.replace_head(3, dropout=2)
    assert (model.classifier.out_features, model.dropout.p) == (5, 0.0)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_compute_the_same_and_stand_alone(duplicate, small, draw):
    model = small(drop_path_rate=0.1).eval()
    twin = duplicate(model)
    assert torch.equal(twin(draw()), model(draw()))
    assert (twin.config, twin.feature_info) == (model.config, model.feature_info)
    twin.stem.conv1.weight.data.zero_()
    assert model.stem.conv1.weight.any()


@pytest.mark.parametrize(
    ("options", "training"),
    [
        ({"drop_path_rate": 0.2, "dropout": 0.1}, True),
        ({"padding": "same", "activation": "silu", "pool_every_shortcut": True}, False),
    ],
    ids=["released, training", "model garden, evaluation"],
)
def test_the_network_is_one_graph_for_torch_compile(options, training, small, draw):
    model = small(**options).train(training)
    twin = copy.deepcopy(model)
    torch.compiler.reset()
    compiled = torch.compile(twin, fullgraph=True, backend="eager")
    outputs = []
    for network in (model, compiled):
        torch.manual_seed(0)
        outputs.append(network(draw()))
    torch.testing.assert_close(outputs[1], outputs[0])
    assert torch.equal(twin.stem.bn1.running_mean, model.stem.bn1.running_mean)


def test_channels_last_computes_the_same_and_stays_channels_last(small, draw):
    model = small().eval()
    expected = model(draw())
    model.to(memory_format=torch.channels_last)
    images = draw().to(memory_format=torch.channels_last)
    torch.testing.assert_close(model(images), expected, rtol=1e-4, atol=1e-6)
    for feature in model.forward_features(images).values():
        assert feature.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_autocast_trains_with_drop_path(small, draw):
    model = small(drop_path_rate=0.3)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(draw())
    assert logits.dtype == torch.bfloat16
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_state_dict_keys_are_stable(small):
    model = small(blocks=(2, 1, 1, 1))
    block = [
        *("shortcut.conv.weight", "shortcut.bn.weight", "shortcut.bn.running_mean"),
        *("conv1.weight", "bn1.weight", "conv2.weight", "bn2.bias", "conv3.weight", "bn3.running_var"),
        *("se.reduce.weight", "se.reduce.bias", "se.expand.weight", "se.expand.bias"),
    ]
    expected = {
        *("stem.conv1.weight", "stem.bn1.weight", "stem.conv4.weight", "stem.bn4.num_batches_tracked"),
        *(f"stages.c2.0.{key}" for key in block),
        *(f"stages.c5.0.{key}" for key in block),
        *("stages.c2.1.conv1.weight", "classifier.weight", "classifier.bias"),
    }
    keys = set(model.state_dict())
    assert expected <= keys
    assert "stages.c2.1.shortcut.conv.weight" not in keys
    assert len(keys) == 4 * 6 + 4 * (4 * 6 + 4) + (3 * 6 + 4) + 2

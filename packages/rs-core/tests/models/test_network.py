"""What every residual network does, of images and of clips: it behaves as a module, and its head can be replaced."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core import UserError

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def positions(x):
    """Give the axes of space and time."""
    return tuple(range(2, x.ndim))


def test_batch_norm_settings_reach_every_layer(row, small):
    layers = [m for m in small(row, bn_momentum=1.0, bn_eps=1e-3).modules() if isinstance(m, _BatchNorm)]
    assert len(layers) == {"resnet_rs_50": 4, "r3d_rs_50": 3}[row] + 4 * 4
    assert {(layer.momentum, layer.eps) for layer in layers} == {(1.0, 1e-3)}


def test_momentum_one_keeps_the_statistics_of_the_last_batch(row, small, inputs):
    model = small(row, bn_momentum=1.0)
    images = inputs(3)
    model(images)
    before = model.stem.conv1(images)
    torch.testing.assert_close(model.stem.bn1.running_mean, before.mean((0, *positions(before))))
    torch.testing.assert_close(model.stem.bn1.running_var, before.var((0, *positions(before))))


def test_the_activation_reaches_every_layer_but_the_gates(row, small):
    kinds = {type(m) for m in small(row, activation="silu").modules()}
    assert nn.SiLU in kinds
    assert nn.ReLU not in kinds


def test_dropout_acts_only_in_training(row, small, inputs):
    model = small(row, dropout=0.5).eval()
    assert torch.equal(model(inputs()), model(inputs()))
    pooled = torch.ones(1000, model.num_features, *[1] * (inputs().ndim - 2))
    model.classifier = nn.Identity()
    model.train()
    dropped = model.forward_head(pooled)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)


def test_zero_classes_leave_the_pooled_features(row, small, inputs):
    model = small(row, num_classes=0).eval()
    c5 = model.forward_features(inputs())["c5"]
    assert torch.equal(model(inputs()), c5.mean(positions(c5)))
    assert not [key for key in model.state_dict() if key.startswith("classifier")]


@pytest.mark.parametrize("in_channels", [1, 6])
def test_other_numbers_of_channels_are_taken(in_channels, row, small, inputs):
    assert small(row, in_channels=in_channels)(inputs(channels=in_channels)).shape == (2, 5)


def test_replace_head_fits_a_new_task_and_keeps_the_backbone(row, small, inputs):
    model = small(row, init="tf1", dropout=0.1).double()
    c5 = model.eval().forward_features(inputs().double())["c5"]
    torch.manual_seed(0)
    model.replace_head(700, dropout=0.25)
    assert model(inputs().double()).shape == (2, 700)
    assert torch.equal(model.forward_features(inputs().double())["c5"], c5)
    assert model.classifier.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert model.dropout.p == 0.25
    assert (model.config.num_classes, model.config.dropout) == (700, 0.25)


def test_replace_head_keeps_the_dropout_and_can_remove_the_head(row, small, inputs):
    model = small(row, dropout=0.1)
    model.replace_head(0)
    assert model.dropout.p == 0.1
    assert model(inputs()).shape == (2, model.num_features)


def test_a_network_with_a_new_head_can_be_built_again_from_its_configuration(row, small, inputs):
    model = small(row).eval()
    model.replace_head(3)
    twin = type(model)(model.config).eval()
    twin.load_state_dict(model.state_dict())
    assert torch.equal(twin(inputs()), model(inputs()))


def test_replace_head_refuses_impossible_numbers_and_changes_nothing(row, small):
    model = small(row)
    with pytest.raises(UserError, match="dropout=2"):
        model.replace_head(3, dropout=2)
    assert (model.classifier.out_features, model.dropout.p) == (5, 0.0)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_compute_the_same_and_stand_alone(duplicate, row, small, inputs):
    model = small(row, drop_path_rate=0.1).eval()
    twin = duplicate(model)
    assert torch.equal(twin(inputs()), model(inputs()))
    assert (twin.config, twin.feature_info) == (model.config, model.feature_info)
    twin.stem.conv1.weight.data.zero_()
    assert model.stem.conv1.weight.any()


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("padding", ["symmetric", "same"])
def test_the_network_is_one_graph_for_torch_compile(training, padding, row, small, inputs):
    options = {"pool_every_shortcut": True} if row == "resnet_rs_50" else {}
    model = small(row, padding=padding, drop_path_rate=0.2, dropout=0.1, **options).train(training)
    twin = copy.deepcopy(model)
    torch.compiler.reset()
    compiled = torch.compile(twin, fullgraph=True, backend="eager")
    outputs = []
    for network in (model, compiled):
        torch.manual_seed(0)
        outputs.append(network(inputs()))
    torch.testing.assert_close(outputs[1], outputs[0])
    assert torch.equal(twin.stem.bn1.running_mean, model.stem.bn1.running_mean)


def test_channels_last_computes_the_same(row, small, inputs):
    model = small(row).eval()
    expected = model(inputs())
    memory_format = CHANNELS_LAST[inputs().ndim]
    model.to(memory_format=memory_format)
    actual = model(inputs().to(memory_format=memory_format))
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-6)


def test_images_stay_channels_last(small, draw):
    # PyTorch takes small clips through a kernel that does not keep the format.
    model = small().eval().to(memory_format=torch.channels_last)
    features = model.forward_features(draw().to(memory_format=torch.channels_last))
    assert all(feature.is_contiguous(memory_format=torch.channels_last) for feature in features.values())


def test_bfloat16_autocast_trains_with_drop_path(row, small, inputs):
    model = small(row, drop_path_rate=0.3)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(inputs())
    assert logits.dtype == torch.bfloat16
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_gradients_reach_every_parameter_of_a_trained_step(row, small, inputs):
    model = small(row, zero_gamma=False)
    nn.functional.cross_entropy(model(inputs()), torch.tensor([0, 1])).backward()
    assert all(p.grad is not None and p.grad.any() for name, p in model.named_parameters() if "reduce" not in name)


@pytest.mark.skipif(torch.__version__.startswith("2.9."), reason="PyTorch 2.9 keeps the parity of the example's sizes")
def test_a_graph_can_be_exported_for_any_batch_and_size(row, small, inputs):
    model = small(row).eval()
    x = inputs()
    dims = {0: torch.export.Dim.DYNAMIC, x.ndim - 2: torch.export.Dim.DYNAMIC, x.ndim - 1: torch.export.Dim.DYNAMIC}
    program = torch.export.export(model, (x,), dynamic_shapes=(dims,)).module()
    other = inputs(3, height=70, width=54)
    torch.testing.assert_close(program(other), model(other))

"""Freezing: what stays, what still learns."""

import copy

import pytest
import torch
from torch import nn

from rs_core import UserError
from rs_core.models import (
    FrozenBatchNorm,
    FrozenBatchNorm1d,
    FrozenBatchNorm2d,
    FrozenBatchNorm3d,
    freeze_batch_norm,
)
from rs_core.models.projection import ProjectionHead


def train_a_step(model, images):
    model.train()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1, weight_decay=1e-4)
    nn.functional.cross_entropy(model(images), torch.tensor([0, 1])).backward()
    optimizer.step()


def changed(before, after):
    return {key for key in before if not torch.equal(before[key], after[key])}


def test_frozen_parts_keep_parameters_and_statistics_and_the_rest_learns(row, inputs, small):
    model = small(row, zero_gamma=False)
    before = copy.deepcopy(model.state_dict())
    model.freeze("stem", "c2")
    train_a_step(model, inputs())
    moved = changed(before, model.state_dict())
    assert not [key for key in moved if key.startswith(("stem.", "stages.c2."))]
    assert {"stages.c3.0.conv1.weight", "stages.c5.0.bn3.running_var", "classifier.weight"} <= moved


def test_frozen_parts_get_no_gradients(small, draw):
    model = small()
    model.freeze("stem", "c2")
    model(draw()).sum().backward()
    with_gradient = {name for name, p in model.named_parameters() if p.grad is not None}
    assert with_gradient == {n for n, _ in model.named_parameters() if not n.startswith(("stem.", "stages.c2."))}


@pytest.mark.parametrize(
    ("name", "kind", "num_layers"), [("resnet_rs_50", FrozenBatchNorm2d, 4), ("r3d_rs_50", FrozenBatchNorm3d, 3)]
)
def test_train_mode_does_not_wake_a_frozen_batch_norm(name, kind, num_layers, small):
    model = small(name)
    model.freeze("stem")
    model.train()
    frozen = [m for m in model.modules() if isinstance(m, FrozenBatchNorm)]
    assert [type(m) for m in frozen] == [kind] * num_layers
    assert not any(m.training for m in frozen)


def test_freezing_changes_neither_the_state_dict_nor_the_outputs(row, inputs, small):
    model = small(row).eval()
    expected, keys = model(inputs()), list(model.state_dict())
    model.freeze("stem", "c2", "c3", "c4", "c5")
    assert list(model.state_dict()) == keys
    assert torch.equal(model.eval()(inputs()), expected)
    assert torch.equal(model.train()(inputs()), expected)


def test_batch_norm_alone_can_be_frozen_with_scale_and_shift_still_learning(small, draw):
    model = small(zero_gamma=False)
    before = copy.deepcopy(model.state_dict())
    freeze_batch_norm(model)
    train_a_step(model, draw())
    moved = changed(before, model.state_dict())
    assert not [key for key in moved if "running" in key or "tracked" in key]
    assert "stem.bn1.weight" in moved


def test_selective_kernels_freeze_too(small, draw):
    model = small("resnet_d_50", sk_ratio=0.0625, zero_gamma=False)
    before = copy.deepcopy(model.state_dict())
    model.freeze("stem", "c2")
    assert type(model.stages["c2"][0].select.bn) is FrozenBatchNorm1d
    train_a_step(model, draw())
    moved = changed(before, model.state_dict())
    assert not [key for key in moved if key.startswith(("stem.", "stages.c2."))]
    assert {"stages.c3.0.select.expand.weight", "stages.c3.0.select.bn.running_mean"} <= moved


def test_a_projection_head_freezes_too_though_its_last_layer_has_no_shift():
    head = ProjectionHead(8, num_layers=2, out_channels=4)
    freeze_batch_norm(head)
    frozen = head.train().layers[1].bn
    assert (type(frozen), frozen.bias) == (FrozenBatchNorm1d, None)
    x = torch.randn(3, 8)
    assert torch.equal(head(x), head(torch.cat([x, 2 * x]))[:3])


def test_freezing_twice_is_freezing_once(small):
    model = small()
    model.freeze("c2")
    norm = model.stages["c2"][0].bn1
    model.freeze("c2")
    assert model.stages["c2"][0].bn1 is norm


def test_the_frozen_layer_keeps_the_very_tensors_of_the_layer(small):
    model = small(bn_eps=1e-3, bn_momentum=0.2)
    free = model.stem.bn1
    model.freeze("stem")
    frozen = model.stem.bn1
    assert frozen.weight is free.weight
    assert frozen.running_var is free.running_var
    assert (frozen.eps, frozen.momentum) == (1e-3, 0.2)


def test_a_frozen_network_can_be_copied_and_moved(small):
    model = small()
    model.freeze("stem")
    twin = copy.deepcopy(model).double()
    assert isinstance(twin.stem.bn1, FrozenBatchNorm2d)
    assert twin.stem.bn1.running_mean.dtype == torch.float64


def test_an_unknown_part_gets_one_line_with_the_nearest(small):
    with pytest.raises(UserError, match=r"cannot freeze 'stam': choose from .* \(did you mean 'stem'"):
        small().freeze("stam")

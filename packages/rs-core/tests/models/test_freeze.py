"""Freezing: what stays, what still learns."""

import copy

import pytest
import torch
from torch import nn

from rs_core import UserError
from rs_core.models import FrozenBatchNorm2d, freeze_batch_norm


def train_a_step(model, images):
    model.train()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1, weight_decay=1e-4)
    nn.functional.cross_entropy(model(images), torch.tensor([0, 1])).backward()
    optimizer.step()


def changed(before, after):
    return {key for key in before if not torch.equal(before[key], after[key])}


def test_frozen_parts_keep_parameters_and_statistics_and_the_rest_learns(small, draw):
    model = small(zero_gamma=False)
    before = copy.deepcopy(model.state_dict())
    model.freeze("stem", "c2")
    train_a_step(model, draw())
    moved = changed(before, model.state_dict())
    assert not [key for key in moved if key.startswith(("stem.", "stages.c2."))]
    assert {"stages.c3.0.conv1.weight", "stages.c5.0.bn3.running_var", "classifier.weight"} <= moved


def test_frozen_parts_get_no_gradients(small, draw):
    model = small()
    model.freeze("stem", "c2")
    model(draw()).sum().backward()
    with_gradient = {name for name, p in model.named_parameters() if p.grad is not None}
    assert with_gradient == {n for n, _ in model.named_parameters() if not n.startswith(("stem.", "stages.c2."))}


def test_train_mode_does_not_wake_a_frozen_batch_norm(small):
    model = small()
    model.freeze("stem")
    model.train()
    frozen = [m for m in model.modules() if isinstance(m, FrozenBatchNorm2d)]
    assert len(frozen) == 4
    assert not any(m.training for m in frozen)


def test_freezing_changes_neither_the_state_dict_nor_the_outputs(small, draw):
    model = small().eval()
    expected, keys = model(draw()), list(model.state_dict())
    model.freeze("stem", "c2", "c3", "c4", "c5")
    assert list(model.state_dict()) == keys
    assert torch.equal(model.eval()(draw()), expected)
    assert torch.equal(model.train()(draw()), expected)


def test_batch_norm_alone_can_be_frozen_with_scale_and_shift_still_learning(small, draw):
    model = small(zero_gamma=False)
    before = copy.deepcopy(model.state_dict())
    freeze_batch_norm(model)
    train_a_step(model, draw())
    moved = changed(before, model.state_dict())
    assert not [key for key in moved if "running" in key or "tracked" in key]
    assert "stem.bn1.weight" in moved


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

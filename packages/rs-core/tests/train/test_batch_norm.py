"""Synchronized batch norm against batch norm of the whole batch."""

import pytest
import torch
from torch import nn

from rs_core.models import FrozenBatchNorm2d, freeze_batch_norm
from rs_core.train import batch_norm
from rs_core.train.batch_norm import HostSyncBatchNorm, synchronize_batch_norm


@pytest.fixture
def as_two_ranks(monkeypatch):
    """Let this process stand for two ranks, the other of which has the second half of the batch."""

    def gather(own):
        statistics = torch.stack(torch.var_mean(gather.other, (0, 2, 3), correction=0))
        return own, statistics

    monkeypatch.setattr(batch_norm, "all_gather", gather)
    monkeypatch.setattr(batch_norm.dist, "get_world_size", lambda: 2)
    return gather


def layers():
    plain = nn.BatchNorm2d(3, momentum=0.25).double()
    nn.init.uniform_(plain.weight)
    nn.init.uniform_(plain.bias)
    model = nn.Sequential(nn.BatchNorm2d(3, momentum=0.25)).double()
    model.load_state_dict({f"0.{name}": tensor for name, tensor in plain.state_dict().items()})
    return plain, synchronize_batch_norm(model, torch.device("cpu"))


def test_half_a_batch_is_normalised_as_within_the_whole(as_two_ranks):
    whole = torch.randn(8, 3, 5, 7, dtype=torch.float64) * 3 + 2
    as_two_ranks.other = whole[4:]
    plain, synchronized = layers()
    torch.testing.assert_close(synchronized(whole[:4]), plain(whole)[:4], rtol=1e-12, atol=1e-12)
    for name, buffer in plain.named_buffers():
        torch.testing.assert_close(synchronized.state_dict()[f"0.{name}"], buffer, rtol=1e-12, atol=1e-12)


def test_in_eval_mode_it_is_plain_batch_norm(as_two_ranks):
    plain, synchronized = layers()
    images = torch.randn(4, 3, 5, 7, dtype=torch.float64)
    assert torch.equal(synchronized.eval()(images), plain.eval()(images))


def test_names_stay_and_frozen_layers_stay_frozen():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm1d(4)))
    names = list(model.state_dict())
    freeze_batch_norm(model[1])
    frozen = nn.Sequential(FrozenBatchNorm2d(3))
    assert list(synchronize_batch_norm(model, torch.device("cpu")).state_dict()) == names
    assert isinstance(model[0], HostSyncBatchNorm)
    assert not isinstance(model[1][0], HostSyncBatchNorm)
    assert not isinstance(synchronize_batch_norm(frozen, torch.device("cpu"))[0], HostSyncBatchNorm)


def test_on_cuda_too_frozen_layers_stay_frozen():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(4)))
    freeze_batch_norm(model[1])
    synchronized = synchronize_batch_norm(model, torch.device("cuda"))
    assert isinstance(synchronized[0], nn.SyncBatchNorm)
    assert isinstance(synchronized[1][0], FrozenBatchNorm2d)

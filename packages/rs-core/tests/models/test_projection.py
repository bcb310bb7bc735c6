"""SimCLR's projection head; its numbers against the released code are in tests/weights/layouts/test_simclr.py."""

import pytest
import torch
from torch import nn

from rs_core import UserError
from rs_core.models.projection import ProjectionHead


def randomized(head):
    generator = torch.Generator().manual_seed(1)
    for name, tensor in head.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=generator)
        elif tensor.is_floating_point():
            tensor.normal_(generator=generator)
    return head.double()


def test_hidden_layers_scale_shift_and_rectify_and_the_last_one_only_scales():
    head = randomized(ProjectionHead(6, num_layers=2, out_channels=3)).eval()
    x = torch.randn(5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    first, last = head.layers

    def normalized(layer, inputs):
        z = inputs @ layer.linear.weight.T
        return (z - layer.bn.running_mean) / (layer.bn.running_var + 1e-5).sqrt() * layer.bn.weight

    hidden = (normalized(first, x) + first.bn.bias).clamp(min=0)
    torch.testing.assert_close(head.first_layers(x, 1), hidden, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(head(x), normalized(last, hidden), rtol=1e-12, atol=1e-12)


def test_layer_0_is_the_input_and_the_last_layer_the_output():
    head = randomized(ProjectionHead(6, num_layers=3, out_channels=3)).eval()
    x = torch.randn(2, 6, dtype=torch.float64)
    assert head.first_layers(x, 0) is x
    assert torch.equal(head.first_layers(x, 3), head(x))
    assert head.first_layers(x, 2).shape == (2, 6)


def test_training_normalises_by_the_batch_and_keeps_a_tenth_of_its_statistics():
    head = ProjectionHead(6, num_layers=1, out_channels=3).double()
    x = torch.randn(64, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    z = x @ head.layers[0].linear.weight.T
    projected = head(x)
    torch.testing.assert_close(projected.mean(0), torch.zeros(3, dtype=torch.float64), rtol=0, atol=1e-12)
    bn = head.layers[0].bn
    torch.testing.assert_close(bn.running_mean, 0.1 * z.mean(0).detach())
    torch.testing.assert_close(bn.running_var, 0.9 + 0.1 * z.var(0).detach())


def test_gradients_reach_every_parameter_and_are_those_of_finite_differences():
    head = randomized(ProjectionHead(4, num_layers=3, out_channels=2))
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(4))
    assert torch.autograd.gradcheck(head, (x,))
    head(x).sin().sum().backward()
    assert all(parameter.grad is not None for parameter in head.parameters())


def test_starts_with_small_kernels_unit_scales_and_no_bias():
    torch.manual_seed(0)
    head = ProjectionHead(256, num_layers=3)
    assert head.out_channels == 128
    for layer in head.layers:
        assert layer.linear.weight.std().item() == pytest.approx(0.01, rel=0.02)
        assert torch.equal(layer.bn.weight, torch.ones_like(layer.bn.weight))
    assert [name for name, _ in head.named_parameters() if name.endswith("bias")] == [
        "layers.0.bn.bias",
        "layers.1.bn.bias",
    ]


def test_the_last_batch_norm_starts_anew_without_a_shift():
    bn = ProjectionHead(4, num_layers=1).layers[0].bn
    nn.init.zeros_(bn.weight)
    bn.running_mean.fill_(3)
    bn.reset_parameters()
    assert bn.weight.min() == 1
    assert not bn.running_mean.any()
    assert bn.bias is None


def test_has_as_many_parameters_as_the_released_code():
    # 30,017,704 and 34,216,104 in the recorded graphs, of which ResNet-50 with its classifier has 25,557,032.
    assert [sum(p.numel() for p in ProjectionHead(2048, layers).parameters()) for layers in (2, 3)] == [
        4460672,
        8659072,
    ]


@pytest.mark.parametrize("sizes", [(0, 2, 128), (8, 0, 128), (8, 2, 0)])
def test_a_head_of_nothing_is_refused(sizes):
    with pytest.raises(UserError, match="at least one of each"):
        ProjectionHead(*sizes)


@pytest.mark.parametrize("count", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(count):
    with pytest.raises(UserError, match="choose 0 to 2"):
        ProjectionHead(8, num_layers=2).first_layers(torch.zeros(1, 8), count)

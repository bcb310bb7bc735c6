import pytest

from rs_core import UserError
from rs_core.export.skeleton import skeleton
from rs_core.models import ResNetConfig


def test_a_skeleton_has_all_shapes_and_no_memory(small_network):
    network = small_network()
    bones = skeleton(network.config)
    assert all(parameter.is_meta for parameter in bones.parameters())
    shapes = [{name: tensor.shape for name, tensor in each.state_dict().items()} for each in (bones, network)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("width", [1000.0, 20000.0, 1e9, 1e30])
def test_absurd_widths_are_refused_without_memory(width):
    with pytest.raises(UserError, match=r"a network of more than 4\.3e\+09 weights: describe a smaller one"):
        skeleton(ResNetConfig(blocks=(1, 1, 1, 1), width_multiplier=width))


def test_too_many_blocks_are_refused_before_any_is_built():
    with pytest.raises(UserError, match=r"give at most 1000 blocks in all"):
        skeleton(ResNetConfig(blocks=(1, 1, 10**12, 1)))

"""Networks of the grid."""

import pytest

from rs_core import create_model
from rs_core.models import image_model_config
from rs_core.study.scaling.grid import Network, blocks_of, flops_and_parameters, model_of


def test_depths_are_known_rows_or_grown_from_them():
    assert [blocks_of(depth) for depth in (14, 26, 50, 300)] == [(1,) * 4, (2,) * 4, (3, 4, 6, 3), (4, 36, 54, 4)]


@pytest.mark.parametrize(("depth", "nearest"), [(5, 14), (24, 26), (34, 26), (45, 50)])
def test_a_depth_between_them_names_its_neighbour(depth, nearest, refusal):
    assert f"depth {depth} (did you mean {nearest}?)" in refusal(blocks_of, depth)


def test_a_network_of_the_grid_is_that_of_its_depth_and_width():
    model = model_of(Network(160, 50, 0.5), image_model_config("resnet_rs_101"))
    flops, num_parameters = flops_and_parameters(model, 160)
    same = create_model("resnet_rs_50", width_multiplier=0.5)
    assert num_parameters == sum(parameter.numel() for parameter in same.parameters())
    assert 4.56e9 / 5 < flops < 4.56e9 / 3  # half the channels, about a quarter of ResNet-RS-50's 4.56 G

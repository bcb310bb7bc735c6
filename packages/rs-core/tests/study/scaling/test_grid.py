"""Networks of the grid."""

import pytest

from rs_core import create_model
from rs_core.bench.cost import count_flops, count_parameters
from rs_core.models import image_model_config
from rs_core.study.scaling.grid import Network, blocks_of, flops_and_parameters, model_of


def test_depths_are_known_rows_or_grown_from_them():
    assert [blocks_of(depth) for depth in (14, 26, 50, 300)] == [(1,) * 4, (2,) * 4, (3, 4, 6, 3), (4, 36, 54, 4)]


@pytest.mark.parametrize(("depth", "nearest"), [(5, 14), (24, 26), (34, 26), (45, 50)])
def test_a_depth_between_them_names_its_neighbour(depth, nearest, refusal):
    assert f"depth {depth} (did you mean {nearest}?)" in refusal(blocks_of, depth)


def test_a_network_of_the_grid_is_that_of_its_depth_and_width():
    model = model_of(Network(160, 101, 0.5), image_model_config("resnet_rs_50"))
    same = create_model("resnet_rs_101", width_multiplier=0.5)
    assert flops_and_parameters(model, 160) == (count_flops(same, 160), count_parameters(same))


@pytest.mark.parametrize(
    ("depth", "num_parameters", "resolution", "published"),
    [(50, 35_691_912, 160, 4.56), (420, 191_891_656, 320, 127.88)],
)
def test_costs_are_the_published_ones(depth, num_parameters, resolution, published):
    flops, parameters = flops_and_parameters(image_model_config(f"resnet_rs_{depth}"), resolution)
    assert parameters == num_parameters
    assert flops / 1e9 == pytest.approx(published, abs=0.005)

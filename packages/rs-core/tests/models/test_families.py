"""The table of rows and the layouts between its rows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import UserError
from rs_core.models import FAMILIES, blocks_for_depth
from rs_core.models.families import DEPTHS

BOTTLENECK_ROWS = {d: blocks for d, (kind, blocks) in DEPTHS.items() if kind == "bottleneck" and d >= 50}


def test_the_depths_of_the_paper_are_there():
    rs = {name: FAMILIES[name].blocks for name in FAMILIES if name.startswith("resnet_rs_")}
    assert rs == {
        "resnet_rs_50": (3, 4, 6, 3),
        "resnet_rs_101": (3, 4, 23, 3),
        "resnet_rs_152": (3, 8, 36, 3),
        "resnet_rs_200": (3, 24, 36, 3),
        "resnet_rs_270": (4, 29, 53, 4),
        "resnet_rs_300": (4, 36, 54, 4),
        "resnet_rs_350": (4, 36, 72, 4),
        "resnet_rs_400": (6, 48, 72, 6),
        "resnet_rs_420": (4, 44, 87, 4),
    }


@pytest.mark.parametrize("style", ["r3d", "r3d_rs"])
def test_the_depths_of_model_garden_s_networks_of_clips_are_there(style):
    # tensorflow/models:official/vision/modeling/backbones/resnet_3d.py
    expected = {
        50: (3, 4, 6, 3),
        101: (3, 4, 23, 3),
        152: (3, 8, 36, 3),
        200: (3, 24, 36, 3),
        270: (4, 29, 53, 4),
        300: (4, 36, 54, 4),
        350: (4, 36, 72, 4),
    }
    depths = {
        int(name.rpartition("_")[2]): FAMILIES[name].blocks for name in FAMILIES if name.rpartition("_")[0] == style
    }
    assert depths == expected


@pytest.mark.parametrize("depth", BOTTLENECK_ROWS)
def test_a_depth_of_the_table_gets_its_row(depth):
    assert blocks_for_depth(depth) == BOTTLENECK_ROWS[depth]


@settings(deadline=None)
@given(st.integers(50, 1000))
def test_any_depth_is_met_to_a_block_and_grows_from_the_row_below(depth):
    blocks = blocks_for_depth(depth)
    below = BOTTLENECK_ROWS[max(d for d in BOTTLENECK_ROWS if d <= depth)]
    counted = 3 * sum(blocks) + 2
    # Rows 270, 300, 400 and 420 count 272, 296, 398 and 419 layers themselves.
    assert abs(counted - depth) <= (4 if depth in BOTTLENECK_ROWS else 2)
    assert all(grown >= row for grown, row in zip(blocks, below, strict=True))
    assert (blocks[0], blocks[3]) == (below[0], below[3])


def test_shallow_networks_must_name_their_blocks():
    with pytest.raises(UserError, match="depth 49: below 50 layers name the blocks"):
        blocks_for_depth(49)

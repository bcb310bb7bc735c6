"""The geometry of the scenes."""

import numpy as np
import pytest

from rs_transfer.scenes.camera import Camera

CAMERA = Camera(side_px=96, wall_m=5.0)


def test_what_is_twice_as_far_appears_half_as_long():
    assert CAMERA.length_px(1.0, 4.0) == CAMERA.length_px(1.0, 2.0) / 2


@pytest.mark.parametrize("distance_m", [1.2, 2.5, 4.9])
def test_the_ground_appears_at_its_own_distance_where_a_foot_stands(distance_m):
    row = CAMERA.foot_px(distance_m)
    rows = np.arange(96) + 0.5
    assert np.interp(row, rows, 1 / CAMERA.ground_m()) == pytest.approx(1 / distance_m, rel=1e-6)


def test_the_ground_recedes_from_the_lower_edge_to_the_wall():
    depth_m = CAMERA.background_m()
    assert (np.diff(depth_m) <= 0).all()
    assert depth_m[0] == 5.0
    assert 0.9 < depth_m[-1] < 1.1
    assert np.array_equal(CAMERA.is_wall(), depth_m == 5.0)


def test_metres_across_are_measured_from_the_middle():
    across = CAMERA.across_m()
    assert np.allclose(across, -across[:, ::-1])
    # The field of view of 0.62 focal lengths a side.
    assert across[0, -1] == pytest.approx(5.0 * (47.5 / 96) / 0.62)

"""The losses against numbers worked out by hand, and what holes do to them."""

import math

import pytest
import torch
from mmseg.models.losses import SiLogLoss

from rs_transfer.depth.losses import absolute_error, is_measured, mean_where, scale_invariant_log_error


def maps(*values):
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


def test_holes_and_what_is_too_far_are_not_measured():
    measured = is_measured(maps(0.0, 0.5, 9.99, 10.0, 65.535, 255.0, 65535.0), 10.0)
    assert measured.flatten().tolist() == [False, True, True, False, False, False, False]


def test_the_scale_invariant_error_is_the_one_of_the_paper():
    estimated, measured = maps(1.0, 2.0, 8.0), maps(2.0, 2.0, 4.0)
    ratios = [math.log(0.5), 0.0, math.log(2.0)]
    squares, mean = sum(ratio**2 for ratio in ratios) / 3, sum(ratios) / 3
    expected = 10 * math.sqrt(squares - 0.85 * mean**2)
    found = scale_invariant_log_error(estimated, measured, torch.ones_like(measured, dtype=torch.bool))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_factor_common_to_all_pixels_costs_less_than_one_that_is_not():
    measured = maps(1.0, 2.0, 4.0, 8.0)
    everywhere = torch.ones_like(measured, dtype=torch.bool)
    common = scale_invariant_log_error(measured * 1.5, measured, everywhere)
    mixed = scale_invariant_log_error(measured * torch.tensor([1.5, 1 / 1.5, 1.5, 1 / 1.5]), measured, everywhere)
    assert float(common) == pytest.approx(10 * math.sqrt(0.15) * math.log(1.5), rel=1e-3)
    assert float(mixed) == pytest.approx(10 * math.log(1.5), rel=1e-3)


def test_mmseg_counts_a_hole_of_65535_as_depth_and_these_losses_do_not():
    estimated, measured, with_hole = maps(1.0, 2.0, 3.0), maps(1.0, 2.0, 0.0), maps(1.0, 2.0, 65.535)
    assert float(SiLogLoss()(estimated, measured)) == pytest.approx(0, abs=1e-3)
    assert float(SiLogLoss()(estimated, with_hole)) > 1
    for depths in (measured, with_hole):
        where = is_measured(depths, 10.0)
        assert float(scale_invariant_log_error(estimated, depths, where)) == pytest.approx(0, abs=0.011)
        assert float(absolute_error(estimated, depths, where)) == 0


def test_the_absolute_error_is_a_mean_of_metres():
    where = torch.tensor([True, False, True]).view(1, 1, 1, 3)
    assert float(absolute_error(maps(1.0, 9.0, 3.0), maps(1.5, 1.0, 5.0), where)) == 1.25


def test_a_batch_without_any_measurement_costs_nothing_and_moves_nothing():
    estimated = maps(1.0, 2.0).requires_grad_()
    nowhere = torch.zeros(1, 1, 1, 2, dtype=torch.bool)
    holes = maps(0.0, 65.535)
    loss = scale_invariant_log_error(estimated, holes, nowhere) + absolute_error(estimated, holes, nowhere)
    loss.backward()
    assert float(loss) == pytest.approx(0.01)
    assert estimated.grad.tolist() == torch.zeros(1, 1, 1, 2).tolist()
    assert float(mean_where(holes, nowhere)) == 0

"""The figures of depth against numbers worked out by hand; the Eigen crop and holes."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core.errors import UserError
from rs_transfer.depth.metric import MeasuredDepthMetric


def measure(pairs, crop="none", max_depth_m=10.0):
    metric = MeasuredDepthMetric(max_depth_m=max_depth_m, crop=crop)
    for estimated, measured in pairs:
        as_map = [torch.as_tensor(depth, dtype=torch.float32)[None] for depth in (estimated, measured)]
        sample = {"pred_depth_map": {"data": as_map[0]}, "gt_depth_map": {"data": as_map[1]}, "img_path": "a.jpg"}
        metric.process({}, [sample])
    return metric.compute_metrics(metric.results)


def test_figures_are_those_of_a_case_worked_out_by_hand():
    """Factors 1, 1.2, 1.5, 1.9 and 2: below 1.25, 1.25 squared (1.5625) and 1.25 cubed (1.953) are 2, 3 and 4 of 5."""
    measured = [[1.0, 2.0, 2.0, 1.0, 4.0]]
    estimated = [[1.0, 2.4, 3.0, 1.9, 2.0]]
    figures = measure([(estimated, measured)])
    assert [figures[f"d{power}"] for power in (1, 2, 3)] == pytest.approx([2 / 5, 3 / 5, 4 / 5])
    assert figures["abs_rel"] == pytest.approx((0 + 0.4 / 2 + 1.0 / 2 + 0.9 / 1 + 2.0 / 4) / 5)
    assert figures["rmse"] == pytest.approx(math.sqrt((0 + 0.16 + 1.0 + 0.81 + 4.0) / 5))
    logs = [math.log10(factor) for factor in (1, 1.2, 1.5, 1.9, 2)]
    assert figures["log10"] == pytest.approx(sum(logs) / 5)


def test_holes_count_for_nothing_whatever_is_estimated_there():
    plain = measure([([[1.0, 3.0]], [[1.0, 2.0]])])
    with_holes = measure([([[1.0, 3.0, 5.0, 0.1, 9.0]], [[1.0, 2.0, 0.0, 65.535, 10.0]])])
    assert with_holes == pytest.approx(plain)


def test_figures_are_means_over_pictures_not_over_pixels():
    figures = measure([([[1.0]], [[1.0]]), ([[4.0, 4.0, 4.0]], [[1.0, 1.0, 1.0]])])
    assert figures["d1"] == 0.5
    assert figures["rmse"] == 1.5


def test_estimates_are_brought_into_the_range_that_is_judged():
    figures = measure([([[0.0, 40.0]], [[0.001001, 8.0]])])
    assert figures["rmse"] == pytest.approx(math.sqrt(2.0**2 / 2), rel=1e-3)
    assert figures["d1"] == 0.5 + 0.5 * (10 / 8 < 1.25)
    assert all(math.isfinite(value) for value in figures.values())


def test_a_picture_without_a_measurement_counts_for_nothing():
    assert measure([([[1.0]], [[0.0]]), ([[2.0]], [[2.0]])])["d1"] == 1
    with pytest.raises(UserError, match="no test picture has depth to compare with; look at depth_scale"):
        measure([([[1.0]], [[0.0]])])


def test_the_eigen_crop_is_rows_45_to_470_and_columns_41_to_600():
    """Wrong by a factor of 2 outside the crop alone, then on its outermost pixels alone."""
    measured = np.full((480, 640), 2.0)
    inside = np.zeros((480, 640), bool)
    inside[45:471, 41:601] = True
    assert measure([(np.where(inside, 2.0, 4.0), measured)], "eigen")["d1"] == 1
    for row, column in ((45, 41), (470, 600)):
        estimated = np.full((480, 640), 2.0)
        estimated[row, column] = 4.0
        assert measure([(estimated, measured)], "eigen")["d1"] == pytest.approx(1 - 1 / (426 * 560))


def test_the_eigen_crop_is_refused_on_pictures_that_it_is_not_for():
    with pytest.raises(UserError) as raised:
        measure([(np.ones((120, 160)), np.ones((120, 160)))], "eigen")
    assert str(raised.value) == "a.jpg: 160x120 pixels, but eval_crop=eigen is for 640x480; set eval_crop=none"


def test_figures_of_real_depth_equal_a_plain_calculation(shared):
    """A frame of NYU against a constant, with the crop, by another way: boolean masks in float64."""
    with Image.open(shared / "data/nyu_depth_v2/sync_depth_00050.png") as image:
        measured = np.asarray(image) * 0.001
    figures = measure([(np.full(measured.shape, 2.5), measured)], "eigen")
    crop = measured[45:471, 41:601]
    valid = crop[(crop > 1e-3) & (crop < 10)]
    ratio = np.maximum(2.5 / valid, valid / 2.5)
    assert [figures[f"d{power}"] for power in (1, 2, 3)] == pytest.approx(
        [(ratio < 1.25**power).mean() for power in (1, 2, 3)], abs=1e-5
    )
    assert figures["rmse"] == pytest.approx(np.sqrt(((valid - 2.5) ** 2).mean()), rel=1e-5)
    assert figures["abs_rel"] == pytest.approx((np.abs(valid - 2.5) / valid).mean(), rel=1e-5)
    assert figures["log10"] == pytest.approx(np.abs(np.log10(valid / 2.5)).mean(), rel=1e-5)

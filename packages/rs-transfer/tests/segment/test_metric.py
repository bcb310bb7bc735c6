"""The overlap of masks against areas counted by hand."""

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData

from rs_transfer.segment.metric import ClassIoUMetric


def measure(pairs, classes=("a", "b", "c")):
    metric = ClassIoUMetric()
    metric.dataset_meta = {"classes": classes}
    for predicted, true in pairs:
        sample = {
            "pred_sem_seg": PixelData(data=torch.tensor([predicted])),
            "gt_sem_seg": PixelData(data=torch.tensor([true])),
        }
        metric.process({}, [{name: {"data": pixels.data} for name, pixels in sample.items()}])
    return metric.compute_metrics(metric.results)


def test_figures_are_those_of_a_case_counted_by_hand():
    """Two pictures together: a has 3 of 6 pixels in common, b 2 of 6, c 1 of 2; 10 pixels are judged."""
    first = ([[0, 0, 1], [1, 1, 2]], [[0, 0, 0], [1, 1, 255]])
    second = ([[0, 2, 0], [0, 1, 1]], [[0, 2, 1], [1, 255, 2]])
    figures = measure([first, second])
    assert figures["iou/a"] == pytest.approx(100 * 3 / 6)
    assert figures["iou/b"] == pytest.approx(100 * 2 / 6)
    assert figures["iou/c"] == pytest.approx(100 * 1 / 2)
    assert figures["miou"] == pytest.approx(100 * (3 / 6 + 2 / 6 + 1 / 2) / 3)
    assert figures["pixel_accuracy"] == pytest.approx(100 * 6 / 10)
    assert figures["mean_accuracy"] == pytest.approx(100 * (3 / 4 + 2 / 4 + 1 / 2) / 3)


def test_what_is_not_labelled_counts_for_nothing():
    assert measure([([[0, 1, 2, 0]], [[0, 255, 255, 0]])])["pixel_accuracy"] == 100


def test_a_class_in_no_mask_and_no_prediction_is_left_out_and_one_that_is_invented_counts():
    figures = measure([([[0, 0, 1, 1]], [[0, 0, 0, 0]])])
    assert "iou/c" not in figures
    assert figures["iou/b"] == 0
    assert figures["miou"] == pytest.approx((100 * 2 / 4 + 0) / 2)
    assert figures["mean_accuracy"] == 50


def test_figures_equal_a_confusion_matrix_on_random_masks():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 5, (3, 20, 30))
    predicted = np.where(rng.random(true.shape) < 0.6, true, rng.integers(0, 5, true.shape))
    figures = measure(list(zip(predicted.tolist(), true.tolist(), strict=True)), tuple("abcde"))
    matrix = np.bincount((5 * true + predicted).ravel(), minlength=25).reshape(5, 5)
    iou = np.diag(matrix) / (matrix.sum(0) + matrix.sum(1) - np.diag(matrix))
    assert figures["miou"] == pytest.approx(100 * iou.mean())
    assert [figures[f"iou/{name}"] for name in "abcde"] == pytest.approx((100 * iou).tolist())
    assert figures["pixel_accuracy"] == pytest.approx(100 * np.trace(matrix) / matrix.sum())

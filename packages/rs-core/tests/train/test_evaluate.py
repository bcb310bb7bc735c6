"""Evaluation counts every sample once, whatever the batches."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from rs_core.train.evaluate import evaluate_classifier

CPU = torch.device("cpu")
LOGITS = torch.randn(37, 11, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 11, (37,), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("batch_size", [1, 5, 36, 37, 64])
def test_figures_do_not_depend_on_the_batch_size(batch_size):
    batches = zip(LOGITS.split(batch_size), LABELS.split(batch_size), strict=True)
    figures = evaluate_classifier(torch.nn.Identity(), batches, CPU)
    order = LOGITS.argsort(dim=1, descending=True)
    assert figures["val/num_images"] == 37
    assert figures["val/top1"] == pytest.approx(100 * np.mean((order[:, 0] == LABELS).numpy()))
    assert figures["val/top5"] == pytest.approx(100 * np.mean((order[:, :5] == LABELS[:, None]).any(1).numpy()))
    assert figures["val/loss"] == pytest.approx(F.cross_entropy(LOGITS, LABELS).item(), rel=1e-6)


def test_with_few_classes_the_right_one_is_always_among_five():
    figures = evaluate_classifier(torch.nn.Identity(), [(LOGITS[:, :3], LABELS % 3)], CPU)
    assert figures["val/top5"] == 100


@pytest.mark.parametrize("num_classes", [10, 1000, 1001])
def test_the_training_loss_is_tensorflows_label_smoothed_cross_entropy(shared, num_classes):
    recorded = np.load(shared / "oracles/recipe_curves.npz")
    logits, labels = (torch.from_numpy(recorded[f"{name}_{num_classes}"]) for name in ("logits", "labels"))
    each = F.cross_entropy(logits, labels, label_smoothing=0.1, reduction="none")
    np.testing.assert_allclose(each, recorded[f"t1_ce_{num_classes}_per_example"], rtol=2e-6)
    np.testing.assert_allclose(each.mean(), recorded[f"t2_ce_{num_classes}"], rtol=2e-6)

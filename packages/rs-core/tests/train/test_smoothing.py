"""Label smoothing by hand: who gets which share of the target."""

import pytest
import torch
import torch.nn.functional as F

from rs_core.train.smoothing import smoothing_over_all


@pytest.mark.parametrize(
    ("over", "right", "wrong"), [("all", 0.9 + 0.1 / 5, 0.1 / 5), ("wrong", 0.9, 0.1 / 4)], ids=["all", "wrong"]
)
def test_the_targets_are_those_of_the_formula(over, right, wrong):
    logits = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.tensor([0, 3, 4])
    targets = torch.full_like(logits, wrong)
    targets[torch.arange(3), labels] = right
    by_hand = -(targets * logits.log_softmax(1)).sum(1).mean()
    ours = F.cross_entropy(logits, labels, label_smoothing=smoothing_over_all(0.1, over, 5))
    torch.testing.assert_close(ours, by_hand)


def test_no_smoothing_is_none_over_any_classes():
    assert smoothing_over_all(0.0, "wrong", 1) == 0
    assert smoothing_over_all(0.0, "all", 10) == 0


@pytest.mark.parametrize(("num_classes", "most"), [(2, 0.5), (10, 0.9)])
def test_a_share_that_turns_the_label_round_is_refused(refusal, num_classes, most):
    assert smoothing_over_all(most, "wrong", num_classes) == 1
    line = refusal(smoothing_over_all, most + 0.01, "wrong", num_classes)
    assert f"of {num_classes} classes" in line
    assert f"at most {most}" in line

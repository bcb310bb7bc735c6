"""Soft targets are distributions that keep what the teacher said."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rs_semisup.joint.targets import soft_targets


@given(num_classes=st.integers(2, 40), share_kept=st.floats(0, 1), seed=st.integers(0, 999))
def test_targets_sum_to_one_and_keep_the_stored_probabilities(num_classes, share_kept, seed):
    top_k = max(1, round(share_kept * num_classes))
    rng = np.random.default_rng(seed)
    whole = rng.dirichlet(np.ones(num_classes), 5)
    classes = np.argsort(-whole, axis=1)[:, :top_k]
    kept = np.take_along_axis(whole, classes, 1).astype(np.float16)
    targets = soft_targets(torch.from_numpy(classes), torch.from_numpy(kept), num_classes).numpy()
    assert targets.sum(1) == pytest.approx(np.ones(5), abs=1e-6)
    assert np.take_along_axis(targets, classes, 1) == pytest.approx(kept.astype(np.float64), abs=2e-3)


def test_all_classes_give_the_teachers_distribution_back():
    whole = torch.tensor([[0.7, 0.2, 0.1]])
    assert torch.allclose(soft_targets(torch.tensor([[2, 0, 1]]), whole[:, [2, 0, 1]], 3), whole)


def test_classes_that_were_not_kept_share_the_rest_evenly():
    targets = soft_targets(torch.tensor([[1]], dtype=torch.int16), torch.tensor([[0.5]], dtype=torch.float16), 6)
    assert targets.tolist() == [pytest.approx([0.1, 0.5, 0.1, 0.1, 0.1, 0.1])]


def test_float16_that_sums_to_more_than_one_still_gives_a_distribution():
    kept = torch.tensor([[0.6670, 0.3333]], dtype=torch.float16)
    targets = soft_targets(torch.tensor([[0, 1]]), kept, 3)
    assert targets.min() >= 0
    assert targets.sum().item() == pytest.approx(1, abs=1e-6)

"""What is kept of a teacher's answer: the likeliest classes, and how sure it is."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from rs_semisup.label.ranking import rank_classes


def answers(*rows):
    return torch.tensor(rows, dtype=torch.float32).log()


def test_the_likeliest_classes_come_first():
    ranking = rank_classes(answers([0.1, 0.6, 0.3], [0.5, 0.2, 0.3]), top_k=2)
    assert ranking.classes.tolist() == [[1, 2], [0, 2]]
    torch.testing.assert_close(ranking.confidence, torch.tensor([0.6, 0.5]))
    torch.testing.assert_close(ranking.probabilities, torch.tensor([[0.6, 0.3], [0.5, 0.3]]).half())


def test_of_classes_as_likely_the_lower_number_comes_first():
    assert rank_classes(answers([0.25] * 4), top_k=4).classes.tolist() == [[0, 1, 2, 3]]


def test_the_entropy_is_of_all_classes_and_in_nats():
    ranking = rank_classes(answers([0.25] * 4, [1, 0, 0, 0]), top_k=1)
    assert ranking.entropy.tolist() == [np.float32(math.log(4)), 0]


def test_nan_stays_nan():
    ranking = rank_classes(torch.full((1, 3), math.nan), top_k=1)
    assert math.isnan(ranking.confidence[0])
    assert math.isnan(ranking.entropy[0])


@given(st.integers(1, 40), st.integers(0, 10), st.floats(0.1, 50), st.integers(0, 99))
def test_probabilities_fall_and_agree_with_numpy(num_classes, num_images, spread, seed):
    logits = spread * torch.randn(num_images, num_classes, generator=torch.Generator().manual_seed(seed))
    ranking = rank_classes(logits.log_softmax(1), top_k=min(5, num_classes))
    exponentials = np.exp(logits.double().numpy() - logits.double().numpy().max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ranking.confidence.numpy(), probabilities.max(axis=1), rtol=1e-5)
    kept = np.take_along_axis(probabilities, ranking.classes.long().numpy(), axis=1)
    np.testing.assert_allclose(ranking.probabilities.numpy(), kept, rtol=1e-3, atol=1e-7)
    assert (np.diff(ranking.probabilities.numpy(), axis=1) <= 0).all()

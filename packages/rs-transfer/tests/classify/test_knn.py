"""Weighted nearest neighbours: equal to a plain transcription, exact in pieces, known answers."""

import numpy as np
import pytest
import torch

from rs_transfer.classify import knn
from rs_transfer.classify.knn import knn_scores


def transcription(bank, labels, queries, num_classes, k, temperature):
    """Section 3.4 of arXiv 1805.01978, one query after another, in float64."""
    scores = np.zeros((len(queries), num_classes))
    for number, query in enumerate(queries):
        cosines = [row @ query / np.linalg.norm(row) / np.linalg.norm(query) for row in bank]
        for neighbour in np.argsort(cosines)[::-1][:k]:
            scores[number, labels[neighbour]] += np.exp(cosines[neighbour] / temperature)
    return scores


@pytest.mark.parametrize("pieces", [1, 7, 40])
@pytest.mark.parametrize("k", [1, 10, 60, 200])
def test_scores_are_those_of_a_plain_transcription(monkeypatch, pieces, k):
    monkeypatch.setattr(knn, "MOST_SIMILARITIES", -(-40 // pieces) * 60)
    rng = np.random.default_rng(0)
    bank, queries = rng.normal(size=(60, 16)), rng.normal(size=(40, 16))
    labels = rng.integers(0, 5, 60)
    found = knn_scores(torch.tensor(bank), torch.tensor(labels), torch.tensor(queries), 6, k=k, temperature=0.07)
    expected = transcription(bank, labels, queries, 6, k, 0.07)
    assert np.allclose(found.numpy(), expected, rtol=1e-9)


def test_the_length_of_features_has_no_say():
    bank = torch.tensor([[100.0, 0.0], [0.0, 0.01]])
    scores = knn_scores(bank, torch.tensor([0, 1]), torch.tensor([[1.0, 2.0]]), 2, k=1)
    assert scores.argmax(1).tolist() == [1]


def test_one_near_neighbour_outvotes_several_far_ones():
    bank = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    labels = torch.tensor([0, 1, 1, 1])
    query = torch.tensor([[1.0, 0.5]])
    assert knn_scores(bank, labels, query, 2, temperature=0.07).argmax(1).tolist() == [0]
    assert knn_scores(bank, labels, query, 2, temperature=10.0).argmax(1).tolist() == [1]

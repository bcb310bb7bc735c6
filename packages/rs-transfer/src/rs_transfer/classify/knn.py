"""The weighted k-nearest-neighbour classifier of instance discrimination (Wu et al. 2018, arXiv 1805.01978, 3.4)."""

import torch.nn.functional as F
from torch import Tensor

# At once, in float32: 256 MB.
MOST_SIMILARITIES = 2**26


def knn_scores(
    bank: Tensor, bank_labels: Tensor, queries: Tensor, num_classes: int, *, k: int = 200, temperature: float = 0.07
) -> Tensor:
    """Give each class the votes of the ``k`` images of the bank that are most similar to each query, [Q, num_classes].

    The similarity is the cosine s, and a vote weighs exp(s / temperature). The search is exact. ``bank`` is [M, D],
    ``bank_labels`` int64 [M], ``queries`` [Q, D], all on one device; of a bank of fewer than ``k`` images all vote.
    """
    bank, queries = F.normalize(bank), F.normalize(queries)
    k = min(k, len(bank))
    scores = bank.new_zeros(len(queries), num_classes)
    size = max(1, MOST_SIMILARITIES // len(bank))
    for start in range(0, len(queries), size):
        piece = slice(start, start + size)
        similarities, neighbours = (queries[piece] @ bank.T).topk(k)
        votes = bank.new_zeros(len(neighbours), num_classes)
        scores[piece] = votes.scatter_add(1, bank_labels[neighbours], (similarities / temperature).exp())
    return scores

"""From the answer of a teacher to what is kept of it."""

from typing import NamedTuple

import torch
from torch import Tensor


class Ranking(NamedTuple):
    """The likeliest classes of images, likeliest first, and how sure the teacher is.

    ``classes`` int32 [N, k], ``probabilities`` float16 [N, k], ``confidence`` float32 [N], the probability of the
    likeliest, and ``entropy`` float32 [N], of all classes, in nats.
    """

    classes: Tensor
    probabilities: Tensor
    confidence: Tensor
    entropy: Tensor

    def to_host(self) -> "Ranking":
        """Start copying to the host; on CUDA it goes on after this returns, into memory that is pinned."""
        return Ranking(*(tensor.to("cpu", non_blocking=True) for tensor in self))


def rank_classes(log_probabilities: Tensor, top_k: int) -> Ranking:
    """Keep the ``top_k`` likeliest of the classes, float32 [N, classes]; of two as likely the one of lower number.

    >>> rank_classes(torch.tensor([[0.2, 0.2, 0.6]]).log(), 2).classes
    tensor([[2, 0]], dtype=torch.int32)
    """
    probabilities = log_probabilities.exp()
    # topk may give ties in any order.
    ranked = probabilities.sort(dim=1, descending=True, stable=True)
    return Ranking(
        classes=ranked.indices[:, :top_k].to(torch.int32),
        probabilities=ranked.values[:, :top_k].to(torch.float16),
        confidence=ranked.values[:, 0].clone(),
        entropy=torch.special.entr(probabilities).sum(dim=1),
    )

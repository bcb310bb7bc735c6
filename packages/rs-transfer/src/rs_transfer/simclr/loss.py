"""NT-Xent: every view has to find the other view of its image among the views of all images, on all ranks."""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from rs_core.train.ranks import ALONE, Ranks


def nt_xent(projections: Tensor, temperature: float, ranks: Ranks = ALONE) -> tuple[Tensor, Tensor]:
    """Give the loss of this rank's views, and the share of them in per cent whose nearest neighbour is the other view.

    The loss is released SimCLR's (google-research/simclr:objective.py): cross-entropy over cosine similarities, of the
    first views and of the second, each the mean over the images and both summed; a view is not compared with itself.
    Means over the ranks of loss and gradients are those of one process with the whole batch. It is computed in float32
    whatever the precision of training, and never waits for the device.

    Args:
        projections: ``[2 * n, channels]``, the views of an image beside each other, not normalised.
        temperature: by which similarities are divided.
        ranks: whose views are compared with each other; on each the same number.
    """
    with torch.autocast(projections.device.type, enabled=False):
        own = F.normalize(projections.float(), dim=1)
        similarities = own @ of_all_ranks(own, ranks).T / temperature
        first = ranks.rank * len(own)
        similarities.diagonal(first).fill_(-torch.inf)
        places = torch.arange(len(own), device=own.device)
        partners = first + (places ^ 1)
        loss = 2 * F.cross_entropy(similarities, partners)
        found = similarities.detach().argmax(1) == partners
        return loss, 100 * found.float().mean()


def of_all_ranks(own: Tensor, ranks: Ranks) -> Tensor:
    """Give the rows of all ranks in their order; gradients flow back to the rank that each row came from."""
    if ranks.num_ranks == 1:
        return own
    gathered: Tensor = GatheredRows.apply(own, ranks)
    return gathered


class GatheredRows(torch.autograd.Function):
    """Gathers rows, and sums their gradients over the ranks.

    PyTorch's own gather with gradients is deprecated in 2.15 and gone into a private module; pytorch-metric-learning's
    gives no gradient to the rows of other ranks, and has every rank compute the loss of all.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, ranks: Ranks) -> Tensor:
        """Give ``[num_ranks * n, channels]`` of ``[n, channels]``."""
        ctx.ranks = ranks
        parts = [torch.empty_like(own, memory_format=torch.contiguous_format) for _ in range(ranks.num_ranks)]
        dist.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Give the sum over the ranks of the gradients of this rank's rows."""
        return ctx.ranks.sum(gradient.contiguous()).chunk(ctx.ranks.num_ranks)[ctx.ranks.rank], None

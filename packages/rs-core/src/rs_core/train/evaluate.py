"""Exact accuracy: every held-out sample once, whatever the batch size and the number of ranks."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.train.ranks import ALONE, Ranks


@torch.inference_mode()
def evaluate_classifier(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], device: torch.device, ranks: Ranks = ALONE
) -> dict[str, float]:
    """Give ``val/top1`` and ``val/top5`` in per cent, ``val/loss`` (plain cross-entropy) and ``val/num_images``.

    ``batches``: images as the model takes them and labels ``[N]``, of this rank. Sums are kept in float64 on the
    ``device``, one host synchronisation at the end. With fewer than six classes top-5 is 100 by definition.
    """
    totals = torch.zeros(4, dtype=torch.float64, device=device)
    for images, labels in batches:
        logits = model(images).float()
        ranked = logits.topk(min(5, logits.shape[1]), dim=1).indices
        hits = ranked == labels[:, None]
        losses = F.cross_entropy(logits, labels, reduction="none")
        totals += torch.stack(
            [
                hits[:, 0].sum().double(),
                hits.sum().double(),
                losses.double().sum(),
                hits.new_ones(len(hits)).sum().double(),
            ]
        )
    top1, top5, loss, count = ranks.sum(totals).tolist()
    if not count:
        return {"val/num_images": 0.0}
    return {
        "val/top1": 100 * top1 / count,
        "val/top5": 100 * top5 / count,
        "val/loss": loss / count,
        "val/num_images": count,
    }

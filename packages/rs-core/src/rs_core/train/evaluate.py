"""Exact accuracy: every held-out sample once, whatever the batch size."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@torch.inference_mode()
def evaluate_classifier(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Give ``val/top1`` and ``val/top5`` in per cent, ``val/loss`` (plain cross-entropy) and ``val/num_images``.

    ``batches``: images as the model takes them and labels ``[N]``. Sums are kept in float64 on the device, one
    host synchronisation at the end. With fewer than six classes top-5 is 100 by definition.
    """
    totals: Tensor | None = None
    for images, labels in batches:
        logits = model(images).float()
        ranked = logits.topk(min(5, logits.shape[1]), dim=1).indices
        hits = ranked == labels[:, None]
        losses = F.cross_entropy(logits, labels, reduction="none")
        row = torch.stack(
            [
                hits[:, 0].sum().double(),
                hits.sum().double(),
                losses.double().sum(),
                hits.new_ones(len(hits)).sum().double(),
            ]
        )
        totals = row if totals is None else totals + row
    if totals is None:
        return {"val/num_images": 0.0}
    top1, top5, loss, count = totals.tolist()
    return {
        "val/top1": 100 * top1 / count,
        "val/top5": 100 * top5 / count,
        "val/loss": loss / count,
        "val/num_images": count,
    }

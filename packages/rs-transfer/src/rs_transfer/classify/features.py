"""What a network makes of images as it is: its pooled features, in one pass over the centre crops."""

import sys
from typing import NamedTuple

import torch
from torch import Tensor

from rs_core.data.index import SampleIndex
from rs_core.data.loader import eval_batches
from rs_core.data.prefetch import prefetch_to_device
from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork
from rs_core.models.config import STAGES
from rs_core.train.classify import EVAL_BATCH_SIZE, refuse_unlabelled
from rs_core.train.precision import Machine


class Features(NamedTuple):
    """Features float32 [N, channels of c5] on the device, with labels and rows of the index, int64 [N] on the CPU."""

    values: Tensor
    labels: Tensor
    rows: Tensor


@torch.no_grad()
def extract_features(
    model: ResidualNetwork, index: SampleIndex, preprocessing: Preprocessing, machine: Machine, num_workers: int
) -> Features:
    """Pool c5 of every image of an index, by a network in eval mode on the machine's device.

    Images that cannot be read are named on stderr and left out.

    Raises:
        UserError: a row without a label, no image that can be read, or an index that no longer fits its files.
    """
    batches = eval_batches(
        index,
        rows=range(len(index)),
        preprocessing=preprocessing,
        batch_size=EVAL_BATCH_SIZE,
        num_workers=num_workers,
        pin_memory=machine.device.type == "cuda",
    )
    values, labels, rows = [], [], []
    for batch in prefetch_to_device(batches, machine.device):
        for skip in batch.skipped:
            print(f"left out: {skip.file}: {skip.reason}", file=sys.stderr)
        if not len(batch.rows):
            continue
        refuse_unlabelled(batch, index)
        with machine.autocast():
            images = normalize(batch.images, preprocessing.mean, preprocessing.std)
            values.append(model.forward_features(images)[STAGES[-1]].float().mean((2, 3)))
        labels.append(batch.labels.cpu())
        rows.append(batch.rows.cpu())
    if not values:
        raise UserError(f"none of the {len(index)} images can be read, the first being {index.name(0)}")
    return Features(torch.cat(values), torch.cat(labels), torch.cat(rows))

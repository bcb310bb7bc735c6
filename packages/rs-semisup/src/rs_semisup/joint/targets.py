"""What a network is to learn of an image that a teacher labelled."""

import torch
from torch import Tensor


def soft_targets(classes: Tensor, probabilities: Tensor, num_classes: int) -> Tensor:
    """Spread the teacher's likeliest classes out to a distribution over all, float32 [N, num_classes].

    ``classes`` [N, k] are integers, ``probabilities`` [N, k] of any floating-point type. What the teacher gave to the
    classes that were not kept is spread evenly over them, which is the distribution of most entropy that agrees with
    what was kept. Rows sum to 1 up to float32 rounding, also where they were stored as float16. The loss has no label
    smoothing on top (google-research/noisystudent).

    >>> soft_targets(torch.tensor([[2, 0]]), torch.tensor([[0.6, 0.2]]), 4)
    tensor([[0.2000, 0.1000, 0.6000, 0.1000]])
    """
    kept = probabilities.float()
    num_others = num_classes - classes.shape[1]
    rest = (1 - kept.sum(1, keepdim=True)).clamp_min(0)
    targets = (rest / num_others if num_others else torch.zeros_like(rest)).repeat(1, num_classes)
    targets = targets.scatter(1, classes.long(), kept)
    return targets / targets.sum(1, keepdim=True)

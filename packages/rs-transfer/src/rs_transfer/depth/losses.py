"""How far estimated depth is from measured depth, where there is any."""

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn

# Eigen et al. 2014 halve the part of the error that is one factor for the whole picture; Lee et al. 2019
# (arXiv 1907.10326, "From Big to Small") take off 0.85 of it, and weigh the root by 10.
SCALE_FORGIVEN = 0.85
LOG_WEIGHT = 10.0

NEAREST_M = 1e-3


@MODELS.register_module()
class MeasuredDepthLoss(nn.Module):
    """The scale-invariant error of logarithms, and the absolute error beside it, where depth was measured.

    Args:
        max_depth_m: from here on nothing counts as measured.
        l1_weight: of the absolute error; 0 leaves it out.
    """

    def __init__(self, max_depth_m: float, l1_weight: float) -> None:
        super().__init__()
        self.max_depth_m = max_depth_m
        self.l1_weight = l1_weight

    def forward(self, estimated_m: Tensor, measured_m: Tensor) -> dict[str, Tensor]:
        """Give each loss by name, for an estimate and a measurement of shape [N, 1, H, W]."""
        estimated_m = estimated_m.float().clamp(min=NEAREST_M)
        where = is_measured(measured_m, self.max_depth_m)
        losses = {"loss_silog": scale_invariant_log_error(estimated_m, measured_m, where)}
        if self.l1_weight:
            losses["loss_l1"] = self.l1_weight * absolute_error(estimated_m, measured_m, where)
        return losses


def is_measured(depth_m: Tensor, max_depth_m: float) -> Tensor:
    """Tell where there is a measurement: more than nothing, and less than what counts as a hole.

    Sensors write 0 or 65535 where they saw nothing, and mmseg pads with 255: in metres none of them is in between.
    """
    return (depth_m > 0) & (depth_m < max_depth_m)


def scale_invariant_log_error(estimated_m: Tensor, measured_m: Tensor, where: Tensor) -> Tensor:
    """Give the scale-invariant error of logarithms over the pixels of ``where``, of all pictures together.

    All three are of shape [N, 1, H, W], the estimate positive. mmseg's ``SiLogLoss`` counts every depth above 0, the
    65535 of a hole among them.
    """
    ratio = torch.log(estimated_m) - torch.log(torch.where(where, measured_m, 1.0))
    difference = mean_where(ratio, where)
    squares = mean_where(ratio.square(), where)
    # The slope of a root is infinite at 0.
    return LOG_WEIGHT * torch.sqrt((squares - SCALE_FORGIVEN * difference.square()).clamp(min=0) + 1e-6)


def absolute_error(estimated_m: Tensor, measured_m: Tensor, where: Tensor) -> Tensor:
    """Give the mean absolute error in metres over the pixels of ``where``; 0 for none. Shapes as above."""
    return mean_where((estimated_m - measured_m).abs(), where)


def mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Give the mean over some pixels, without waiting for the device to count them."""
    return torch.where(where, values, 0.0).sum() / where.sum().clamp(min=1)

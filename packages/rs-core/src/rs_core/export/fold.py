"""Batch norm folded into the layer before it: in eval mode the two are one convolution or linear layer with a bias."""

import copy
from itertools import pairwise

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from rs_core.models.network import ResidualNetwork


def fold_batch_norm(model: ResidualNetwork) -> ResidualNetwork:
    """Copy a network in eval mode, with every batch norm merged into the layer before it.

    The copy computes the same function up to rounding, ``model`` stays as it is. The copy is for inference:
    trained further it would lack its normalisation, and its state dict has other names than the original's.
    """
    folded = copy.deepcopy(model).eval()
    for parent in folded.modules():
        # In every module of the networks a batch norm stands next after the layer that it normalises.
        for (layer_name, layer), (norm_name, norm) in pairwise(list(parent.named_children())):
            if isinstance(norm, _BatchNorm):
                setattr(parent, layer_name, fused(layer, norm))
                setattr(parent, norm_name, nn.Identity())
    return folded


def fused(layer: nn.Module, norm: _BatchNorm) -> nn.Module:
    """Build the layer that does what a layer and the batch norm after it do."""
    if isinstance(layer, nn.Linear):
        return fuse_linear_bn_eval(layer, norm)
    return fuse_conv_bn_eval(layer, norm)  # type: ignore[type-var]  # a convolution of images or of clips

"""Batch norm folded into the convolution before it: in eval mode the two are one convolution with a bias."""

import copy

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from rs_core.models.resnet import ResNet


def fold_batch_norm(model: ResNet) -> ResNet:
    """Copy a network in eval mode, with every batch norm merged into its convolution.

    The copy computes the same function up to rounding, ``model`` stays as it is. The copy is for inference:
    trained further it would lack its normalisation, and its state dict has other names than the original's.
    """
    folded = copy.deepcopy(model).eval()
    for parent in folded.modules():
        for name, child in list(parent.named_children()):
            if isinstance(child, _BatchNorm):
                conv_name = name.replace("bn", "conv")
                conv = parent.get_submodule(conv_name)
                setattr(parent, conv_name, fuse_conv_bn_eval(conv, child))  # type: ignore[type-var]
                setattr(parent, name, nn.Identity())
    return folded

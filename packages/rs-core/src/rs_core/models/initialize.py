"""How the parameters of a residual network start (section 1.6 of the released code's facts).

``tf1`` is the released ResNet-RS trainer, ``tf2`` Model Garden, ``he`` what PyTorch users know (timm).
"""

import math

import torch
from torch import nn

from rs_core.models.config import Init
from rs_core.models.layers3d import SelfGating

# A normal cut at two standard deviations has this standard deviation; TensorFlow's variance scaling divides by it.
TRUNCATED_STD = 0.87962566103423978


def initialize(model: nn.Module, classifier: nn.Module, init: Init) -> None:
    """Fill convolutions and linear layers by the rule; batch norm stays at scale 1 and shift 0.

    Self-gating starts by Model Garden's own rule for it, whatever ``init``: N(0, 0.01) cut at two deviations.
    """
    for module in model.modules():
        if not isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear) or module is classifier:
            continue
        if isinstance(module, SelfGating):
            nn.init.trunc_normal_(module.weight, std=0.01, a=-0.02, b=0.02)
            nn.init.zeros_(module.bias)
        elif init == "he":
            # The biases of squeeze-and-excitation keep PyTorch's own rule.
            module.reset_parameters()
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        else:
            variance_scaling_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    if isinstance(classifier, nn.Linear):
        initialize_classifier(classifier, init)


def initialize_classifier(classifier: nn.Linear, init: Init) -> None:
    """Fill the last layer: N(0, 0.01) for ``tf1``, U(-0.05, 0.05) for ``tf2``, PyTorch's own for ``he``."""
    if init == "he":
        classifier.reset_parameters()
        return
    if init == "tf1":
        nn.init.normal_(classifier.weight, std=0.01)
    else:
        nn.init.uniform_(classifier.weight, -0.05, 0.05)
    nn.init.zeros_(classifier.bias)


def variance_scaling_(weight: torch.Tensor) -> None:
    """TensorFlow's default: truncated normal of variance ``1 / fan_in``, a factor 2 below He's."""
    fan_in = weight[0].numel()
    std = math.sqrt(1.0 / fan_in) / TRUNCATED_STD
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)

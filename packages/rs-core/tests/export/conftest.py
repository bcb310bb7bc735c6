"""A small network whose batch norms have something to fold."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from rs_core import ResNet, ResNetConfig


@pytest.fixture
def small_network() -> Callable[..., ResNet]:
    """Build a quarter-width network, one block a stage, with statistics and scales as after a training."""

    def build(seed: int = 0, **options: Any) -> ResNet:
        torch.manual_seed(seed)
        config = ResNetConfig(**{"blocks": (1, 1, 1, 1), "width_multiplier": 0.25, "num_classes": 10} | options)
        model = ResNet(config)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.running_mean, std=0.2)
                nn.init.uniform_(module.running_var, 0.5, 2)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.2)
        return model

    return build

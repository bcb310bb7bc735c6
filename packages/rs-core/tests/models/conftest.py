"""Small networks: one block a stage at an eighth of the width, so that a test takes milliseconds."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rs_core import ResNet, create_model


def build_small(name: str = "resnet_rs_50", **options: Any) -> ResNet:
    small = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.125, "num_classes": 5}
    return create_model(name, **(small | options))


def draw_images(num_images: int = 2, height: int = 64, width: int = 64, channels: int = 3) -> Tensor:
    return torch.randn(num_images, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="session")
def small() -> Callable[..., ResNet]:
    """Build a row of the table, small."""
    return build_small


@pytest.fixture(scope="session")
def draw() -> Callable[..., Tensor]:
    """Draw images ``[N, C, H, W]`` that are the same each time."""
    return draw_images

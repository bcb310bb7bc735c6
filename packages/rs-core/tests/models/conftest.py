"""Small networks: one block a stage at an eighth of the width, so that a test takes milliseconds."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rs_core import create_model
from rs_core.models import ResidualNetwork


def build_small(name: str = "resnet_rs_50", **options: Any) -> ResidualNetwork:
    small = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.125, "num_classes": 5}
    return create_model(name, **(small | options))


def draw_images(num_images: int = 2, height: int = 64, width: int = 64, channels: int = 3) -> Tensor:
    return torch.randn(num_images, channels, height, width, generator=torch.Generator().manual_seed(0))


def draw_clips(num_clips: int = 2, frames: int = 6, height: int = 48, width: int = 40, channels: int = 3) -> Tensor:
    return torch.randn(num_clips, channels, frames, height, width, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="session")
def small() -> Callable[..., ResidualNetwork]:
    """Build a row of the table, small."""
    return build_small


@pytest.fixture(scope="session")
def draw() -> Callable[..., Tensor]:
    """Draw images ``[N, C, H, W]`` that are the same each time."""
    return draw_images


@pytest.fixture(scope="session")
def clips() -> Callable[..., Tensor]:
    """Draw clips ``[N, C, T, H, W]`` that are the same each time."""
    return draw_clips


@pytest.fixture(params=["resnet_rs_50", "r3d_rs_50"], ids=["images", "clips"])
def row(request: pytest.FixtureRequest) -> str:
    """A row of images and one of clips, for what holds of both."""
    return str(request.param)


@pytest.fixture
def inputs(row: str) -> Callable[..., Tensor]:
    """Draw what the row takes."""
    return draw_clips if row.startswith("r3d") else draw_images

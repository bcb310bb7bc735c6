"""A small network whose batch norms have something to fold, alone and ready for use."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from rs_core.data.preprocessing import Preprocessing
from rs_core.export.formats import export_model
from rs_core.models import ResidualNetwork, ResNet3dConfig, ResNetConfig, build_model
from rs_core.weights.release import Origin, PretrainedModel

SMALL = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.25, "num_classes": 10}
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="session")
def small_network() -> Callable[..., ResidualNetwork]:
    """Build a quarter-width network, one block a stage, with statistics and scales as after a training."""

    def build(seed: int = 0, *, clips: bool = False, **options: Any) -> ResidualNetwork:
        torch.manual_seed(seed)
        config = ResNet3dConfig if clips else ResNetConfig
        model = build_model(config(**SMALL | options))
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                nn.init.normal_(module.running_mean, std=0.2)
                nn.init.uniform_(module.running_var, 0.5, 2)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.2)
        return model

    return build


@pytest.fixture(scope="session")
def small_pretrained(small_network) -> Callable[..., PretrainedModel]:
    """Build such a network with everything that it takes to use it; its images have 64 pixels a side."""

    def build(seed: int = 0, **options: Any) -> PretrainedModel:
        return PretrainedModel(
            model=small_network(seed, **options).eval(),
            preprocessing=Preprocessing(resolution=64, mean=(0.1, 0.2, 0.3)),
            class_names=NAMES,
            origin=Origin(layout="tf1", architecture="resnet_rs_50 with blocks=(1, 1, 1, 1)"),
        )

    return build


@pytest.fixture(scope="session")
def exported_files(small_pretrained, tmp_path_factory) -> Callable[[str], Path]:
    """Give the exported file of ``small_pretrained()`` with a suffix; it is made once, so copy it to change it."""
    folder = tmp_path_factory.mktemp("exported")

    @functools.cache
    def make(suffix: str) -> Path:
        return export_model(small_pretrained(), folder / f"small{suffix}").path

    return make

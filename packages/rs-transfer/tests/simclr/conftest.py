"""A run of SimCLR that takes a second or two, and images with colours."""

import dataclasses

import pytest
import torch
from torch import Tensor

from rs_core.train.config import DataConfig, RunConfig
from rs_transfer.simclr.config import SimCLRTrainConfig, simclr_train_config
from rs_transfer.simclr.recipes import get_simclr_recipe


@pytest.fixture
def tiny_config(tmp_path) -> SimCLRTrainConfig:
    """Six steps of 16 digits at 16 px, in ``tmp_path / "run"``."""
    recipe = get_simclr_recipe("simclr_v2_resnet_50_laptop")
    recipe = dataclasses.replace(
        recipe,
        model=dataclasses.replace(recipe.model, width_multiplier=0.125),
        resolution=16,
        batch_size=16,
        epochs=0.13,
        schedule=dataclasses.replace(recipe.schedule, warmup_epochs=0.05),
    )
    run = RunConfig(
        directory=str(tmp_path / "run"),
        device="cpu",
        precision="float32",
        compile="off",
        log_every=1,
        batch_norm="synchronized",
    )
    return simclr_train_config(recipe, DataConfig(num_workers=0), run)


@pytest.fixture(scope="session")
def crops() -> Tensor:
    """Twenty-four smooth colourful pictures of 40 x 48 pixels, one all grey, one black and one white."""
    coarse = torch.rand(24, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, size=(40, 48), mode="bilinear", align_corners=True)
    pictures = (255 * smooth).round().to(torch.uint8)
    pictures[3] = pictures[3, :1]
    pictures[4], pictures[5] = 0, 255
    return pictures

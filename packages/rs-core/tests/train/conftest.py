"""A training run that takes a second or two."""

import dataclasses

import pytest

from rs_core.recipes import get_recipe
from rs_core.train.config import DataConfig, RunConfig, TrainConfig, train_config


@pytest.fixture
def tiny_config(tmp_path) -> TrainConfig:
    """Nine steps of 32 digits at 16 px, with every method of the recipe, in ``tmp_path / "run"``."""
    recipe = get_recipe("resnet_rs_200_i256_laptop")
    recipe = dataclasses.replace(
        recipe,
        resolution=16,
        batch_size=32,
        epochs=0.2,
        schedule=dataclasses.replace(recipe.schedule, warmup_epochs=0.1),
    )
    run = RunConfig(directory=str(tmp_path / "run"), device="cpu", precision="float32", compile="off", log_every=1)
    return train_config(recipe, DataConfig(num_workers=0), run)

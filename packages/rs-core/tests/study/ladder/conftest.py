"""A ladder that trains in seconds: the additive study in its laptop form, on a network of nearly nothing."""

import pytest

from rs_core.recipes.additive import ADDITIVE
from rs_core.study.ladder.config import LadderConfig
from rs_core.study.ladder.laptop import LAPTOP
from rs_core.train.config import train_config

TINY = {
    "model.width_multiplier": 0.125,
    "model.blocks": (1, 1, 1, 1),
    "resolution": 32,
    "run.device": "cpu",
    "run.precision": "float32",
    "run.compile": "off",
}


@pytest.fixture
def study(tmp_path) -> LadderConfig:
    """Two or three steps for each row; the longest would have eight."""
    return LadderConfig(
        ladder=ADDITIVE,
        config_of=train_config,
        laptop=LAPTOP,
        out=str(tmp_path / "ladder"),
        steps=("*cosine", "*ema"),
        epochs=0.35,
        seeds=1,
        settings=TINY,
        jobs=2,
    )

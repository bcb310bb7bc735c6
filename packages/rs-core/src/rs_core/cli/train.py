"""``rs-core train``: a recipe by name, YAML files, another network, single settings on top."""

import dataclasses
from pathlib import Path
from typing import TypeVar

from rs_core.cli.train_command import BY, TrainCommand
from rs_core.models import image_model_config
from rs_core.recipes import LAPTOP_SUFFIX, get_recipe, list_recipes
from rs_core.train.config import DIGITS, TrainConfig, train_config

DEFAULT_RECIPE = "resnet_rs_50_i160"

Config = TypeVar("Config", bound=TrainConfig)

USAGE = """rs-core train [--recipe NAME] [--model NAME] [--config FILE] [--SETTING VALUE ...]
       rs-core train --resume RUN"""

DESCRIPTION = f"""Train ResNet-RS. Without a data set it trains on the built-in handwritten digits.

Recipes: {", ".join(list_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a small
network and small images. Settings come from the recipe, then from YAML files (--config), then from --model NAME, which
puts another network into the recipe, then from single settings; what comes later wins. --resume RUN goes on where a run
stopped.
"""


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)


def parse(arguments: list[str]) -> TrainConfig | Path:
    """Turn arguments into a config, or into the directory of a run to resume.

    Raises:
        UserError: anything that is unknown or does not fit.
    """
    return COMMAND.parse(arguments)


def with_network(config: Config, name: str) -> Config:
    """Train another network by the same recipe, which keeps its regularisation and its stem for small images."""
    kept = ["bn_momentum", "dropout", "drop_path_rate"]
    if config.model.stem == "small":
        kept.append("stem")
    network = image_model_config(name, **{field: getattr(config.model, field) for field in kept})
    recipe = f"{name}{BY}{config.recipe.rpartition(BY)[2]}"
    return dataclasses.replace(config, model=network, recipe=recipe, published_top1=0.0)


COMMAND = TrainCommand(
    config_type=TrainConfig,
    config_of=lambda recipe: train_config(get_recipe(recipe)),
    default_recipe=DEFAULT_RECIPE,
    built_in_recipe=DEFAULT_RECIPE + LAPTOP_SUFFIX,
    built_in_data=DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)

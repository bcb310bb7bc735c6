"""``rs-video train``: a recipe by name, YAML files, another network, single settings on top."""

import dataclasses

from rs_core.cli.train_command import BY, TrainCommand
from rs_core.errors import UserError
from rs_core.models import ResNet3dConfig, model_config
from rs_video.config import MOVING_DIGITS, VideoTrainConfig, video_train_config
from rs_video.recipes import LAPTOP_SUFFIX, get_video_recipe, list_video_recipes

DEFAULT_RECIPE = "r3d_rs_50"

USAGE = """rs-video train [--recipe NAME] [--model NAME] [--config FILE] [--SETTING VALUE ...]
       rs-video train --resume RUN"""

DESCRIPTION = f"""Train 3D ResNet-RS. Without a data set it trains on the built-in moving digits.

Recipes: {", ".join(list_video_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a
small network and small clips. Settings come from the recipe, then from YAML files (--config), then from --model NAME,
which puts another network into the recipe, then from single settings; what comes later wins. --resume RUN goes on where
a run stopped.
"""


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)


def with_network(config: VideoTrainConfig, name: str) -> VideoTrainConfig:
    """Train another network by the same recipe, which keeps its regularisation."""
    kept = ("bn_momentum", "dropout", "drop_path_rate")
    network = model_config(name, **{field: getattr(config.model, field) for field in kept})
    if not isinstance(network, ResNet3dConfig):
        raise UserError(f"--model {name}: a network of images; choose one of clips, such as r3d_rs_101")
    recipe = f"{name}{BY}{config.recipe.rpartition(BY)[2]}"
    return dataclasses.replace(config, model=network, recipe=recipe, published_top1=0.0)


COMMAND = TrainCommand(
    config_type=VideoTrainConfig,
    config_of=lambda recipe: video_train_config(get_video_recipe(recipe)),
    default_recipe=DEFAULT_RECIPE,
    built_in_recipe=DEFAULT_RECIPE + LAPTOP_SUFFIX,
    built_in_data=MOVING_DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)

"""``rs-transfer pretrain``: a supervised starting point, by the methods of ResNet-RS or without them."""

from rs_core.cli.train import with_network
from rs_core.cli.train_command import TrainCommand
from rs_core.train.config import DIGITS
from rs_transfer.recipes import LAPTOP_SUFFIX, get_transfer_recipe, list_transfer_recipes
from rs_transfer.recipes.config import PretrainConfig, pretrain_config

DEFAULT_RECIPE = "resnet_50_transfer"

USAGE = """rs-transfer pretrain [--recipe NAME] [--model NAME] [--config FILE] [--SETTING VALUE ...]
       rs-transfer pretrain --resume RUN"""

DESCRIPTION = f"""Train a starting point with labels. Without a data set it trains on the built-in digits 0 to 4, alone
and in scenes, which leaves 5 to 9 to transfer to.

Recipes: {", ".join(list_transfer_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a
small network and small images. Settings come from the recipe, then from YAML files (--config), then from --model NAME,
which puts another network into the recipe, then from single settings; what comes later wins. --resume RUN goes on where
a run stopped.
"""


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)


COMMAND = TrainCommand(
    config_type=PretrainConfig,
    config_of=lambda recipe: pretrain_config(get_transfer_recipe(recipe)),
    default_recipe=DEFAULT_RECIPE,
    built_in_recipe=DEFAULT_RECIPE + LAPTOP_SUFFIX,
    built_in_data=DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)

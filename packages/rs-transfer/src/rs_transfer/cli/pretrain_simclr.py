"""``rs-transfer pretrain-simclr``: a starting point from images without labels."""

import dataclasses
from pathlib import Path

import torch

from rs_core.cli.train_command import BY, TrainCommand
from rs_core.errors import UserError
from rs_core.models import image_model_config
from rs_core.train.config import DIGITS
from rs_transfer.simclr.config import SimCLRTrainConfig, simclr_train_config
from rs_transfer.simclr.recipes import LAPTOP_SUFFIX, get_simclr_recipe, list_simclr_recipes

DEFAULT_RECIPE = "simclr_v2_resnet_50"

USAGE = """rs-transfer pretrain-simclr [--recipe NAME] [--model NAME] [--config FILE] [--SETTING VALUE ...]
       rs-transfer pretrain-simclr --resume RUN"""

DESCRIPTION = f"""Train a starting point by SimCLR, without labels. Without a data set it trains on the built-in
handwritten digits 0 to 4, in less than a minute.

--data.root names a folder with train/ and val/, one folder per class in each, whose classes are not looked at; for
images in any other form, rs-core index makes --data.train_index and --data.val_index. Started by torchrun, all its
processes train one network, and every view is compared with those of all of them.

Recipes: {", ".join(list_simclr_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a
small network and small images. Settings come from the recipe, then from YAML files (--config), then from --model NAME,
which puts another network into the recipe, then from single settings; what comes later wins. --resume RUN goes on
where a run stopped.
"""


class SimCLRCommand(TrainCommand[SimCLRTrainConfig]):
    """Trains or resumes; a batch that the device cannot hold is not split."""

    def carry_out(self, request: SimCLRTrainConfig | Path) -> Path:
        """Train by a config, or resume the run of a directory; give its directory."""
        try:
            return super().carry_out(request)
        except torch.OutOfMemoryError as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"out of device memory; start more processes with torchrun, lower batch_size, or give "
                f"--model.activation_checkpointing true ({reason})"
            ) from None


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)


def with_network(config: SimCLRTrainConfig, name: str) -> SimCLRTrainConfig:
    """Train another network by the same recipe, with its stem for small images."""
    kept = {"num_classes": 0, "bn_momentum": config.model.bn_momentum}
    if config.model.stem == "small":
        kept |= {field: getattr(config.model, field) for field in ("stem", "stem_downsampling")}
    recipe = f"{name}{BY}{config.recipe.rpartition(BY)[2]}"
    return dataclasses.replace(config, model=image_model_config(name, **kept), recipe=recipe, published_top1=0.0)


COMMAND = SimCLRCommand(
    config_type=SimCLRTrainConfig,
    config_of=lambda recipe: simclr_train_config(get_simclr_recipe(recipe)),
    default_recipe=DEFAULT_RECIPE,
    built_in_recipe=DEFAULT_RECIPE + LAPTOP_SUFFIX,
    built_in_data=DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)

"""``rs-core train``: a recipe by name, a YAML file, single settings on top."""

import argparse
import dataclasses
import itertools
import re
from pathlib import Path
from typing import NoReturn

import yaml
from jsonargparse import ArgumentParser

from rs_core.configs import from_dict
from rs_core.errors import UserError, nearest
from rs_core.models import model_config
from rs_core.recipes import LAPTOP_SUFFIX, get_recipe, list_recipes
from rs_core.train.config import TrainConfig, train_config

DEFAULT_RECIPE = "resnet_rs_50_i160"

DESCRIPTION = f"""Train ResNet-RS. Without a data set it trains on the built-in handwritten digits.

Recipes: {", ".join(list_recipes())}; each also with {LAPTOP_SUFFIX} at the end, which is the same methods on a small
network and small images. --model NAME puts another network into a recipe. --resume RUN goes on where a run stopped.
"""


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    request = parse(arguments)
    from rs_core.train.loop import resume, train  # noqa: PLC0415  # mistakes in the arguments show at once

    directory = resume(request) if isinstance(request, Path) else train(request)
    print(f"run: {directory}")


def parse(arguments: list[str]) -> TrainConfig | Path:
    """Turn arguments into a config, or into the directory of a run to resume.

    Raises:
        UserError: anything that is unknown or does not fit.
    """
    names, settings = split_names(arguments)
    if names.resume:
        if settings or names.recipe or names.model:
            raise UserError("--resume takes every setting from the run's config.yaml; give it alone, or edit that file")
        return Path(names.resume)
    parser = SettingsParser(prog="rs-core train", description=DESCRIPTION, exit_on_error=True)
    parser.add_argument("--config", action="config", help="YAML file such as the config.yaml of a run")
    parser.add_class_arguments(TrainConfig, as_group=False)
    parser.set_defaults(dataclasses.asdict(base_config(names)))
    values = parser.parse_args(settings).as_dict()
    del values["config"]
    return from_dict(TrainConfig, values)


def split_names(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take out the arguments that name whole groups of settings; they decide the defaults of all the others."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("recipe", "model", "resume"):
        parser.add_argument(f"--{name}", default="")
    names, settings = parser.parse_known_args(arguments)
    names.config = [value for key, value in itertools.pairwise(settings) if key == "--config"]
    names.has_data = any(setting.startswith("--data.root") for setting in settings)
    return names, settings


def base_config(names: argparse.Namespace) -> TrainConfig:
    """Give the settings that single arguments change: those of the recipe, with another network if one is named."""
    recipe_name = names.recipe or recipe_in_file(names.config)
    if not recipe_name:
        recipe_name = DEFAULT_RECIPE if names.has_data else DEFAULT_RECIPE + LAPTOP_SUFFIX
    config = train_config(get_recipe(recipe_name))
    if not names.model:
        return config
    network = model_config(
        names.model,
        bn_momentum=config.model.bn_momentum,
        dropout=config.model.dropout,
        drop_path_rate=config.model.drop_path_rate,
    )
    return dataclasses.replace(config, model=network, recipe=f"{names.model}_by_{config.recipe}", published_top1=0.0)


def recipe_in_file(paths: list[str]) -> str:
    """Give the recipe that the last of these YAML files names, or an empty string."""
    for path in reversed(paths):
        try:
            values = yaml.safe_load(Path(path).read_text())
        except (OSError, yaml.YAMLError) as error:
            raise UserError(f"--config {path}: cannot be read ({' '.join(str(error).split())})") from None
        if not isinstance(values, dict):
            raise UserError(f"--config {path}: holds no settings; give YAML such as the config.yaml of a run")
        if "recipe" in values:
            return str(values["recipe"])
    return ""


class SettingsParser(ArgumentParser):
    """A parser whose complaints are one line, with the nearest known name."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the complaint for the command line to print."""
        options = [name for action in self._actions for name in action.option_strings]
        line = " ".join(message.split())
        unknown = re.search(r"--[\w.]+|(?<=Option ')[\w.]+", line)
        hint = nearest(unknown[0], options) if unknown and unknown[0] not in options else ""
        raise UserError(f"train: {line}{hint}")

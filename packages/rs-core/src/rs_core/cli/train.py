"""``rs-core train``: a recipe by name, YAML files, another network, single settings on top."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import torch
import yaml

from rs_core.cli.parser import CommandParser
from rs_core.cli.settings import parse_settings
from rs_core.configs import from_dict
from rs_core.errors import UserError
from rs_core.models import image_model_config
from rs_core.recipes import LAPTOP_SUFFIX, get_recipe
from rs_core.train.config import DIGITS, TrainConfig, train_config
from rs_core.train.ranks import from_launcher

DEFAULT_RECIPE = "resnet_rs_50_i160"

# Between the network that --model names and the recipe that it is trained by.
BY = "_by_"


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    request = parse(arguments)
    from rs_core.train.loop import resume, train  # noqa: PLC0415  # mistakes in the arguments show at once

    try:
        directory = resume(request) if isinstance(request, Path) else train(request)
    except torch.OutOfMemoryError as error:
        raise UserError(f"out of device memory; lower run.micro_batch_size ({str(error).splitlines()[0]})") from None
    if from_launcher("RANK", 0) == 0:
        print(f"run: {directory}")


def parse(arguments: list[str]) -> TrainConfig | Path:
    """Turn arguments into a config, or into the directory of a run to resume.

    Raises:
        UserError: anything that is unknown or does not fit.
    """
    names, settings = split_names(arguments)
    if names.resume:
        if settings or names.recipe or names.model or names.config:
            raise UserError("--resume takes every setting from the run's config.yaml; give it alone, or edit that file")
        return Path(names.resume)
    return parse_settings(settings, base_config(names))


def split_names(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take out the arguments that name whole groups of settings; they decide the defaults of all the others."""
    parser = CommandParser("train", add_help=False)
    parser.add_argument("--recipe", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--resume", default="")
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--data.root", dest="root", default="")
    names, settings = parser.parse_known_args(arguments)
    if names.root:
        settings.append(f"--data.root={names.root}")
    return names, settings


def base_config(names: argparse.Namespace) -> TrainConfig:
    """Give the config that single settings change: the recipe's, then the files', then with another network."""
    in_files: dict[str, Any] = {}
    for path in names.config:
        in_files = overlay(in_files, read_settings(path))
    config = train_config(get_recipe(recipe_name(names, in_files)))
    try:
        config = from_dict(TrainConfig, overlay(dataclasses.asdict(config), in_files))
    except UserError as error:
        raise UserError(f"--config {' '.join(names.config)}: {error}") from None
    return with_network(config, names.model) if names.model else config


def recipe_name(names: argparse.Namespace, in_files: dict[str, Any]) -> str:
    """Give the recipe that is asked for, else the one of the files, else the one that suits the data."""
    if names.recipe and "recipe" in in_files:
        raise UserError(f"--recipe {names.recipe}: --config is of {in_files['recipe']} already; leave one of them out")
    if names.recipe:
        return str(names.recipe)
    if "recipe" in in_files:
        return str(in_files["recipe"]).rpartition(BY)[2]
    data = in_files.get("data")
    root = names.root or (data.get("root") if isinstance(data, dict) else "") or DIGITS
    return DEFAULT_RECIPE + LAPTOP_SUFFIX if root == DIGITS else DEFAULT_RECIPE


def read_settings(path: str) -> dict[str, Any]:
    """Read a YAML file with any of the settings of a run.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--config {path}: {error.strerror}; give a YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--config {path}: not readable as YAML ({' '.join(str(error).split())})") from None
    if not isinstance(values, dict):
        raise UserError(f"--config {path}: holds no settings; give YAML such as the config.yaml of a run")
    return values


def overlay(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Give nested settings with some of them changed."""
    return values | {
        key: overlay(values[key], change) if isinstance(values.get(key), dict) and isinstance(change, dict) else change
        for key, change in changes.items()
    }


def with_network(config: TrainConfig, name: str) -> TrainConfig:
    """Train another network by the same recipe, which keeps its regularisation and its stem for small images."""
    kept = ["bn_momentum", "dropout", "drop_path_rate"]
    if config.model.stem == "small":
        kept.append("stem")
    network = image_model_config(name, **{field: getattr(config.model, field) for field in kept})
    recipe = f"{name}{BY}{config.recipe.rpartition(BY)[2]}"
    return dataclasses.replace(config, model=network, recipe=recipe, published_top1=0.0)

"""What every command that trains does: recipe, files and settings become a config, and the config a run."""

import argparse
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
import yaml

from rs_core.cli.parser import CommandParser
from rs_core.cli.settings import parse_settings
from rs_core.configs import from_dict
from rs_core.errors import UserError
from rs_core.train.config import LoopConfig
from rs_core.train.ranks import from_launcher

# Between the network that --model names and the recipe that it is trained by.
BY = "_by_"

Config = TypeVar("Config", bound=LoopConfig)


@dataclass(frozen=True, kw_only=True)
class TrainCommand(Generic[Config]):
    """A command that trains, such as ``rs-core train``.

    Args:
        config_type: what its runs are described by.
        config_of: gives the config of a recipe by name, with the data and machine of the defaults.
        default_recipe: for a data set of the user's.
        built_in_recipe: for the built-in data.
        built_in_data: ``data.root`` of these.
        with_network: puts another network into a config by its name.
        usage: the first lines of the help.
        description: what follows them.
    """

    config_type: type[Config]
    config_of: Callable[[str], Config]
    default_recipe: str
    built_in_recipe: str
    built_in_data: str
    with_network: Callable[[Config, str], Config]
    usage: str
    description: str

    def run(self, arguments: list[str]) -> None:
        """Train or resume; the last line on stdout is the run directory."""
        request = self.parse(arguments)
        try:
            directory = self.carry_out(request)
        except torch.OutOfMemoryError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"out of device memory; lower run.micro_batch_size ({reason})") from None
        if from_launcher("RANK", 0) == 0:
            print(f"run: {directory}")

    def carry_out(self, request: Config | Path) -> Path:
        """Train by a config, or resume the run of a directory; give its directory."""
        from rs_core.train.loop import resume, train  # noqa: PLC0415  # mistakes in the arguments show at once

        return resume(request, self.config_type) if isinstance(request, Path) else train(request)

    def parse(self, arguments: list[str]) -> Config | Path:
        """Turn arguments into a config, or into the directory of a run to resume.

        Raises:
            UserError: anything that is unknown or does not fit.
        """
        names, settings = self.split_names(arguments)
        if names.resume:
            if settings or names.recipe or names.model or names.config:
                raise UserError(
                    "--resume takes every setting from the run's config.yaml; give it alone, or edit that file"
                )
            return Path(names.resume)
        return parse_settings(settings, self.base_config(names), usage=self.usage, description=self.description)

    def split_names(self, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
        """Take out the arguments that name whole groups of settings; they decide the defaults of all the others."""
        parser = CommandParser(self.config_type.command, program=self.config_type.program, add_help=False)
        parser.add_argument("--recipe", default="")
        parser.add_argument("--model", default="")
        parser.add_argument("--resume", default="")
        parser.add_argument("--config", action="append", default=[])
        parser.add_argument("--data.root", dest="root", default="")
        parser.add_argument("--data.train_index", dest="train_index", default="")
        names, settings = parser.parse_known_args(arguments)
        data = {"root": names.root, "train_index": names.train_index}
        settings += [f"--data.{name}={value}" for name, value in data.items() if value]
        return names, settings

    def base_config(self, names: argparse.Namespace) -> Config:
        """Give the config that single settings change: the recipe's, then the files', then with another network."""
        in_files: dict[str, Any] = {}
        for path in names.config:
            in_files = overlay(in_files, read_settings(path))
        config = self.config_of(self.recipe_name(names, in_files))
        try:
            config = from_dict(self.config_type, overlay(dataclasses.asdict(config), in_files))
        except UserError as error:
            raise UserError(f"--config {' '.join(names.config)}: {error}") from None
        return self.with_network(config, names.model) if names.model else config

    def recipe_name(self, names: argparse.Namespace, in_files: dict[str, Any]) -> str:
        """Give the recipe that is asked for, else the one of the files, else the one that suits the data."""
        if names.recipe and "recipe" in in_files:
            raise UserError(
                f"--recipe {names.recipe}: --config is of {in_files['recipe']} already; leave one of them out"
            )
        if names.recipe:
            return str(names.recipe)
        if "recipe" in in_files:
            return str(in_files["recipe"]).rpartition(BY)[2]
        data = in_files.get("data")
        in_data = data if isinstance(data, dict) else {}
        own = names.train_index or in_data.get("train_index")
        root = names.root or in_data.get("root") or self.built_in_data
        return self.built_in_recipe if root == self.built_in_data and not own else self.default_recipe


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

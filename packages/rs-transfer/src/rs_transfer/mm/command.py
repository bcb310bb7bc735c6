"""What ``detect``, ``segment`` and ``depth`` do: recipe, files and settings become a config, and the config a run."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from rs_core.cli.parser import CommandParser
from rs_core.cli.settings import parse_settings
from rs_core.cli.train_command import overlay, read_settings
from rs_core.configs import from_dict
from rs_core.errors import UserError, nearest
from rs_core.train.ranks import from_launcher
from rs_transfer.mm.config import SCENES, DenseConfig

Dense = TypeVar("Dense", bound=DenseConfig)


@dataclass(frozen=True, kw_only=True)
class DenseCommand(Generic[Dense]):
    """A command that fine-tunes on the engine of mm*.

    Args:
        config_type: what its runs are described by.
        recipes: by name; the first is for a data set of the user's, the last for the built-in scenes.
        about: what it does, in a sentence.
    """

    config_type: type[Dense]
    recipes: Mapping[str, Dense]
    about: str

    def run(self, arguments: list[str]) -> None:
        """Train or resume; the last line on stdout is the run directory."""
        request = self.parse(arguments)
        from rs_transfer.mm.run import fine_tune, resume  # noqa: PLC0415  # mistakes in the arguments show at once

        try:
            directory = resume(request, self.config_type) if isinstance(request, Path) else fine_tune(request)
        except torch.OutOfMemoryError as error:
            raise UserError(f"out of device memory; lower batch_size ({str(error).splitlines()[0]})") from None
        if from_launcher("RANK", 0) == 0:
            print(f"run: {directory}")

    def parse(self, arguments: list[str]) -> Dense | Path:
        """Turn arguments into a config, or into the directory of a run to resume.

        Raises:
            UserError: anything that is unknown or does not fit.
        """
        names, settings = self.split_names(arguments)
        if names.resume:
            if settings or names.recipe or names.config:
                raise UserError("--resume takes every setting from the run's config.yaml; give it alone")
            return Path(names.resume)
        return parse_settings(settings, self.base_config(names), usage=self.usage, description=self.description)

    @property
    def usage(self) -> str:
        """The first lines of the help."""
        name = f"{self.config_type.program} {self.config_type.command}"
        return f"{name} [--recipe NAME] [--config FILE] [--SETTING VALUE ...]\n       {name} --resume RUN"

    @property
    def description(self) -> str:
        """What follows them."""
        return (
            f"{self.about} Without --root it trains on the built-in scenes.\n\nRecipes: {', '.join(self.recipes)}. "
            "Settings come from the recipe, then from YAML files (--config), then from the command line; what comes "
            "later wins. --resume RUN goes on where a run stopped."
        )

    def split_names(self, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
        """Take out the arguments that decide the defaults of all others."""
        parser = CommandParser(self.config_type.command, program=self.config_type.program, add_help=False)
        parser.add_argument("--recipe", default="")
        parser.add_argument("--resume", default="")
        parser.add_argument("--config", action="append", default=[])
        parser.add_argument("--root", default="")
        names, settings = parser.parse_known_args(arguments)
        return names, settings + ([f"--root={names.root}"] if names.root else [])

    def base_config(self, names: argparse.Namespace) -> Dense:
        """Give the config that single settings change: the recipe's, then the files'."""
        in_files: dict[str, Any] = {}
        for path in names.config:
            in_files = overlay(in_files, read_settings(path))
        if names.recipe and "recipe" in in_files:
            raise UserError(
                f"--recipe {names.recipe}: --config is of {in_files['recipe']} already; leave one of them out"
            )
        root = names.root or str(in_files.get("root", SCENES))
        config = self.recipe(names.recipe or str(in_files.get("recipe", "")), root)
        try:
            return from_dict(self.config_type, overlay(asdict(config), in_files))
        except UserError as error:
            raise UserError(f"--config {' '.join(names.config)}: {error}") from None

    def recipe(self, name: str, root: str) -> Dense:
        """Give the recipe that is asked for, else the one that suits the data.

        Raises:
            UserError: there is none of that name.
        """
        known = list(self.recipes)
        name = name or known[-1 if root == SCENES else 0]
        if name not in self.recipes:
            raise UserError(f"unknown recipe {name!r}{nearest(name, known)}; choose from {', '.join(known)}")
        return self.recipes[name]

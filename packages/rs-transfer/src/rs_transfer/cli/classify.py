"""``rs-transfer classify``: a network that was trained before, fine-tuned or judged by its features as they are."""

import argparse
from pathlib import Path
from typing import TypeVar

from rs_core.cli.parser import CommandParser
from rs_core.cli.settings import parse_settings
from rs_core.cli.train import with_network
from rs_core.cli.train_command import TrainCommand
from rs_core.errors import UserError, nearest
from rs_core.train.config import DIGITS
from rs_transfer.classify.config import ClassifyConfig
from rs_transfer.classify.probe import KnnConfig, LinearConfig, ProbeConfig, probe_knn, probe_linear
from rs_transfer.classify.protocol import LAPTOP, PROTOCOLS, get_protocol
from rs_transfer.classify.start import starting_from

WAYS = ("fine-tune", "linear", "knn")

USAGE = """rs-transfer classify [fine-tune] [--weights W] [--root FOLDER] [--recipe NAME] [--SETTING VALUE ...]
       rs-transfer classify linear|knn [--weights W] [--root FOLDER] [--SETTING VALUE ...]
       rs-transfer classify --resume RUN"""

DESCRIPTION = f"""Fine-tune a starting point on CIFAR-100 or a folder of images, or judge its features as they are:
linear fits a logistic regression, knn lets the most similar training images vote. Without --root the images are the
built-in digits 5 to 9, of which five each have labels; without --weights the network starts from random weights.

--weights W is a run, a file or the name of published weights; network and input come from it. --root FOLDER is where
CIFAR-100 was unpacked, or holds train/ and val/ with one folder per class. Recipes of fine-tuning:
{", ".join(PROTOCOLS)}. With --grid.learning_rates [...] and --grid.weight_decays [...] each pair is tried on a split of
the training images first; test images are opened when all training is done. The same command with --run.directory RUN,
or --resume RUN, goes on where a run stopped.
"""

Config = TypeVar("Config", bound=ProbeConfig)


class FineTuneCommand(TrainCommand[ClassifyConfig]):
    """Fine-tuning: ``--weights`` brings the network and its input."""

    def carry_out(self, request: ClassifyConfig | Path) -> Path:
        """Fine-tune, or go on; give the directory."""
        from rs_transfer.classify.run import (  # noqa: PLC0415  # mistakes in the arguments show at once
            fine_tune_classifier,
            resume_classifier,
        )

        return resume_classifier(request) if isinstance(request, Path) else fine_tune_classifier(request)

    def split_names(self, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
        """Take out ``--weights`` and ``--root`` too."""
        own, rest = take_names("classify", arguments)
        if any(text.partition("=")[0] == "--epochs" for text in rest):
            raise UserError("--epochs: the length of fine-tuning is given in optimiser steps, with --steps")
        names, settings = super().split_names([*rest, *root_setting(own)])
        names.weights = own.weights
        if names.resume and own.weights:
            settings.append("--weights")
        return names, settings

    def base_config(self, names: argparse.Namespace) -> ClassifyConfig:
        """Give the config that single settings change, with the network of the weights."""
        if names.weights and names.model:
            raise UserError(f"--model {names.model}: the network comes from --weights; leave one of them out")
        config = super().base_config(names)
        return starting_from(config, names.weights) if names.weights else config

    def recipe_name(self, names: argparse.Namespace, in_files: dict[str, object]) -> str:
        """Give the recipe that is asked for, else the one that suits the data and the start."""
        name = super().recipe_name(names, in_files)
        is_default = not names.recipe and "recipe" not in in_files and name == self.default_recipe
        return "from_random" if is_default and not names.weights else name


def run(arguments: list[str]) -> None:
    """Fine-tune or judge; the last line on stdout is the run directory."""
    way = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    if way and way not in WAYS:
        raise UserError(f"classify {way}: choose from {', '.join(WAYS)}{nearest(way, list(WAYS))}")
    rest = arguments[1:] if way else arguments
    if way == "linear":
        print(f"run: {probe_linear(probe_config(LinearConfig, rest))}")
    elif way == "knn":
        print(f"run: {probe_knn(probe_config(KnnConfig, rest))}")
    else:
        COMMAND.run(rest)


def probe_config(config_type: type[Config], arguments: list[str]) -> Config:
    """Turn the arguments of ``linear`` or ``knn`` into a config.

    Raises:
        UserError: anything that is unknown or does not fit.
    """
    own, rest = take_names(config_type.command, arguments)
    settings = [*rest, *root_setting(own), *([f"--weights={own.weights}"] if own.weights else [])]
    return parse_settings(settings, config_type(), usage=USAGE, description=DESCRIPTION)


def take_names(command: str, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Take out what the starting point and the images are called."""
    parser = CommandParser(command, program="rs-transfer", add_help=False)
    parser.add_argument("--weights", "--initial_weights", dest="weights", default="")
    parser.add_argument("--root", "--data.root", dest="root", default="")
    return parser.parse_known_args(arguments)


def root_setting(names: argparse.Namespace) -> list[str]:
    """Give the setting of the images' folder, if there is one."""
    return [f"--data.root={names.root}"] if names.root else []


COMMAND = FineTuneCommand(
    config_type=ClassifyConfig,
    config_of=get_protocol,
    default_recipe="fine_tuning",
    built_in_recipe=LAPTOP,
    built_in_data=DIGITS,
    with_network=with_network,
    usage=USAGE,
    description=DESCRIPTION,
)

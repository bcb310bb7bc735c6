"""``rs-core study advise``: depth, width and resolution for a data set, a number of epochs and a budget of time."""

import json
from pathlib import Path

import torch

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments
from rs_core.data.index.layout import DESCRIPTION
from rs_core.errors import UserError
from rs_core.recipes import LAPTOP_SUFFIX, get_recipe
from rs_core.study.advise.question import Question, look_at
from rs_core.study.advise.recipe import FALLBACK
from rs_core.study.advise.recommend import Advice, Choice, advise
from rs_core.study.scaling.duration import in_words, parse_duration
from rs_core.train.config import DIGITS, DataConfig
from rs_core.train.precision import resolve_machine


def run(arguments: list[str]) -> None:
    """Print the recommendation with its reasons, as lines or as JSON.

    Raises:
        UserError: a budget that is too small for any network, data that are not there, or a value out of range.
    """
    options = make_parser().parse_args(arguments)
    budget = parse_duration(options.budget, "--budget")
    machine = resolve_machine(options.device, options.precision)
    data = data_config(options.data, options.val_index)
    default = FALLBACK + LAPTOP_SUFFIX if data.root == DIGITS and not data.train_index else FALLBACK
    epochs = get_recipe(default).epochs if options.epochs is None else options.epochs
    if not 0 < epochs < float("inf"):
        raise UserError(f"--epochs {epochs:g}: give a number above 0")
    facts = look_at(data)
    question = Question(facts=facts, epochs=epochs, budget=budget, resolution=options.resolution)
    advice = advise(question, machine, torch.get_num_threads())
    print(json.dumps(advice.as_dict()) if options.json else in_lines(advice))


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "study advise",
        "Choose depth, width and resolution by the paper's two scaling strategies, from the speed of this machine.",
    )
    parser.add_argument(
        "--data", default=DIGITS, help="folder with train/ and val/ in it, or an index (default: the built-in digits)"
    )
    parser.add_argument("--val_index", default="", help="the held-out samples, where --data is an index")
    parser.add_argument("--epochs", type=float, help="of the training (default: 350; on the digits 45)")
    parser.add_argument("--budget", default="12h", help="time for training: 90s, 7m, 12h, 2d (default: %(default)s)")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side (default: what suits)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    return parser


def data_config(data: str, val_index: str) -> DataConfig:
    """Say where the images are, a folder or an index.

    Raises:
        UserError: an index without that of the held-out samples, or the other way round.
    """
    if (Path(data) / DESCRIPTION).exists():
        if not val_index:
            raise UserError(f"--data {data}: is an index; name that of the held-out samples with --val_index")
        return DataConfig(train_index=data, val_index=val_index)
    if val_index:
        raise UserError(f"--val_index {val_index}: goes with an index, and --data {data} is none")
    return DataConfig(root=data)


def in_lines(advice: Advice) -> str:
    """Write the recommendation for people to read."""
    question = advice.question
    first, *others = advice.reasons
    lines = [
        f"data       {question.facts}",
        f"training   {question.epochs:g} epochs in at most {in_words(question.budget)}",
        f"train      {described(advice.recommended)}",
        f"because    {first}",
        *(f"           {reason}" for reason in others),
        f"measured   {advice.measured}",
    ]
    if advice.runner_up is not None:
        lines.append(f"runner-up  {described(advice.runner_up)}")
        lines.append(f"           {advice.runner_up.command}")
    return "\n".join([*lines, "command", f"  {advice.recommended.command}"])


def described(choice: Choice) -> str:
    """Say what a choice is and takes."""
    return f"{choice.network}: about {in_words(choice.seconds)} (scaled by {choice.strategy})"

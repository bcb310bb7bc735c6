"""What every command that climbs a ladder does: arguments become a study, and the study a listing or a table."""

import argparse
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeVar

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.settings import parse_settings
from rs_core.errors import UserError, nearest
from rs_core.recipes import Ladder
from rs_core.study.ladder.config import LadderConfig, LaptopForm
from rs_core.study.ladder.listing import listing
from rs_core.study.ladder.results import row_results
from rs_core.study.ladder.rows import published_rows, rows_to_train
from rs_core.train.config import LoopConfig

Config = TypeVar("Config", bound=LoopConfig)

COMMAND = "study ladder"

# What the study itself sets in every run, and the option that has it.
OWN_SETTINGS = {
    "run.directory": "--out names the folder of all runs",
    "run.seed": "--seeds gives their number",
    "recipe": "--steps chooses the rows",
    "published_top1": "it is the table's",
}

STUDY_OPTIONS = ("steps", "list", "model", "epochs", "seeds", "laptop", "out", "jobs")


@dataclass(frozen=True, kw_only=True)
class LadderCommand(Generic[Config]):
    """A command such as ``rs-core study ladder``.

    Args:
        ladders: the tables by name; the first is the default.
        config_of: gives the config of a recipe, with the data and machine of the defaults.
        laptop: the laptop form of its rows.
        built_in_data: ``data.root`` of the data that need no download.
        program: the console script.
        description: what the help says first.
    """

    ladders: Mapping[str, Ladder]
    config_of: Callable[[Any], Config]
    laptop: LaptopForm[Config]
    built_in_data: str
    program: str
    description: str

    def run(self, arguments: list[str]) -> None:
        """List the rows, or train them and print the table; the last line on stdout is the folder."""
        options, settings = self.split_options(arguments)
        study = self.with_settings(self.study(options), settings)
        if options.list:
            rows = published_rows(study)
            print(*listing(row_results(study, rows, {})), sep="\n")
            return
        from rs_core.study.ladder.run import run_ladder  # noqa: PLC0415  # mistakes in the arguments show at once

        print(f"run: {run_ladder(study)}")

    def split_options(self, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
        """Take out what belongs to the study; what is left are settings of training.

        Raises:
            UserError: an unknown table, or a value that does not fit.
        """
        # An argument parser would take the value of a setting that it does not know for the table.
        named = bool(arguments) and not arguments[0].startswith("-")
        table = arguments[0] if named else next(iter(self.ladders))
        if table not in self.ladders:
            known = list(self.ladders)
            raise UserError(f"there is no table {table!r}{nearest(table, known)}; choose from {', '.join(known)}")
        parser = self.parser(f"runs/ladder_{table}")
        options, settings = parser.parse_known_args(arguments[1:] if named else arguments)
        options.table = table
        data = {"root": options.root, "train_index": options.train_index}
        settings += [f"--data.{name}={value}" for name, value in data.items() if value]
        return options, settings

    def parser(self, out: str) -> CommandParser:
        """Give the parser of the options of the study; ``out`` is the default folder."""
        parser = CommandParser(COMMAND, self.description, program=self.program)
        parser.usage = f"{parser.prog} [TABLE] [--OPTION VALUE ...] [--SETTING VALUE ...]"
        parser.epilog = f"Settings are those of training: {self.program} train --help explains each."
        parser.add_argument(
            "--steps", default="", metavar="A,B", help="rows to train, by name or shell pattern, with their baselines"
        )
        parser.add_argument("--list", action="store_true", help="print what every row changes, and train nothing")
        parser.add_argument("--model", default="", help="network whose depth all rows get")
        parser.add_argument(
            "--epochs", type=float, default=0.0, help="of the longest row; the others keep their share of it"
        )
        parser.add_argument("--seeds", type=at_least_one, default=2, help="runs of each row (default: 2)")
        parser.add_argument(
            "--laptop", choices=("true", "false"), default="", help="train the laptop form (default: on built-in data)"
        )
        parser.add_argument("--out", default=out, help=f"folder of runs, table and plot (default: {out})")
        parser.add_argument(
            "--jobs", type=at_least_one, default=0, help="runs at a time (default: one on each core, or one on a GPU)"
        )
        parser.add_argument("--data.root", dest="root", default="", help="the data; built-in ones without it")
        parser.add_argument("--data.train_index", dest="train_index", default="", help="or an index of them")
        parser.add_argument("--distillation.teacher", dest="teacher", default="", help=argparse.SUPPRESS)
        return parser

    def study(self, options: argparse.Namespace) -> LadderConfig[Config]:
        """Give the study of some options."""
        built_in = (options.root or self.built_in_data) == self.built_in_data and not options.train_index
        in_laptop_form = options.laptop == "true" or (built_in and not options.laptop)
        return LadderConfig(
            ladder=self.ladders[options.table],
            config_of=self.config_of,
            laptop=self.laptop if in_laptop_form else None,
            out=options.out,
            steps=tuple(step.strip() for step in options.steps.split(",") if step.strip()),
            model=options.model,
            epochs=options.epochs,
            seeds=options.seeds,
            teacher=options.teacher,
            jobs=options.jobs,
        )

    def with_settings(self, study: LadderConfig[Config], arguments: list[str]) -> LadderConfig[Config]:
        """Add the settings that were given, each read and checked as ``train`` does.

        Raises:
            UserError: anything that is unknown, does not fit, or is the study's own.
        """
        baseline = rows_to_train(study)[study.kept[0]]
        refuse_misspelt(arguments, {"config", "print_config", *asdict(baseline)}, f"{self.program} {COMMAND}")
        parsed = parse_settings(arguments, baseline, usage=f"{self.program} {COMMAND}", description=self.description)
        values = dict(flat(asdict(parsed)))
        given = {name: values[name] for name in names_of(arguments) if known(name, values)}
        study = replace(study, settings=given)
        rows_to_train(study)  # a value that fits the baseline may not fit another row
        return study


def refuse_misspelt(arguments: list[str], settings: Collection[str], prog: str) -> None:
    """Refuse what is no setting of training and looks like an option of the study.

    Raises:
        UserError: naming the option that is meant.
    """
    options = [f"--{name}" for name in STUDY_OPTIONS]
    for name in names_of(arguments):
        if "." not in name and name not in settings and (hint := nearest(f"--{name}", options)):
            raise UserError(f"there is no option --{name}{hint}; see {prog} --help")


def names_of(arguments: list[str]) -> list[str]:
    """Give the names of the settings among arguments.

    >>> names_of(["--epochs", "3", "--run.device=cpu"])
    ['epochs', 'run.device']
    """
    return [text[2:].partition("=")[0] for text in arguments if text.startswith("--")]


def known(name: str, values: Mapping[str, Any]) -> bool:
    """Tell that a setting is one that can be given for all rows.

    Raises:
        UserError: it is not.
    """
    if name in OWN_SETTINGS:
        raise UserError(f"--{name}: belongs to the study; {OWN_SETTINGS[name]}")
    if name not in values:
        raise UserError(f"--{name}: give single settings, such as --run.device cpu")
    return True


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give nested settings by their dotted names.

    >>> dict(flat({"epochs": 3, "run": {"seed": 0}}))
    {'epochs': 3, 'run.seed': 0}
    """
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value

"""The settings of a training run as arguments: ``--epochs 3``, ``--run.seed 1``, ``--model.blocks [1,1,1,1]``."""

import argparse
import dataclasses
import re
import typing
from typing import Any, ClassVar, NoReturn, Protocol, TypeVar

from jsonargparse import ArgumentParser

from rs_core.configs import from_dict
from rs_core.errors import UserError, nearest

UNKNOWN = re.compile(r"unrecognized arguments: (\S+)", re.IGNORECASE)
UNFIT = re.compile(r'key "([\w.]+)".*Expected an? (.+)\. Got value: ?(.*)')
NOT_A_SETTING = re.compile(r'key "(\w+)": Unable to load config')

KINDS = {
    "<class 'bool'>": "true or false",
    "<class 'float'>": "a number",
    "<class 'int'>": "an integer",
    "<class 'tuple'>": "a list such as [1,2]",
}


class Settings(Protocol):
    """Any config that a command takes: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    program: ClassVar[str]
    command: ClassVar[str]


Config = TypeVar("Config", bound=Settings)


def parse_settings(arguments: list[str], defaults: Config, *, usage: str, description: str) -> Config:
    """Put single settings on top of a config; ``usage`` and ``description`` are for the help.

    Raises:
        UserError: anything that is unknown or does not fit.
    """
    config_type = type(defaults)
    prog = f"{defaults.program} {defaults.command}"
    parser = SettingsParser(prog=prog, usage=usage, description=description, allow_abbrev=False)
    # The files are read before; here the option brings --print_config, and its help.
    parser.add_argument("--config", action="config", help="YAML file such as the config.yaml of a run")
    parser.add_class_arguments(config_type, as_group=False)
    parser.set_defaults(dataclasses.asdict(defaults))
    hide_whole_groups(parser, config_type)
    values = parser.parse_args(arguments).as_dict()
    del values["config"]
    return from_dict(config_type, values)


def hide_whole_groups(parser: ArgumentParser, config_type: type[Settings]) -> None:
    """Leave ``--optimizer CONFIG`` and its like, one for every group of settings, out of the help."""
    hints = typing.get_type_hints(config_type)
    for action in parser._actions:
        if dataclasses.is_dataclass(hints.get(action.dest)):
            action.help = argparse.SUPPRESS


class SettingsParser(ArgumentParser):
    """A parser whose complaints are one line, with the nearest known name."""

    def format_help(self, *arguments: Any, **options: Any) -> str:
        """Give the help without the quotes of documentation."""
        return super().format_help(*arguments, **options).replace("``", "")

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the complaint for the command line to print."""
        line = " ".join(message.split())
        options = [name for name in self._option_string_actions if name.startswith("--")]
        if unknown := UNKNOWN.search(line):
            name = unknown[1].partition("=")[0]
            raise UserError(f"there is no setting {name}{nearest(name, options)}; see {self.prog} --help")
        if group := NOT_A_SETTING.search(line):
            members = [name for name in options if name.startswith(f"--{group[1]}.")]
            raise UserError(f"--{group[1]} holds several settings; name one of them, such as {members[0]}")
        if unfit := UNFIT.search(line):
            name, kind, value = unfit.groups()
            kind = KINDS.get(kind, kind.replace("typing.Literal", "one of ").replace("tuple with", "a list of"))
            raise UserError(f"--{name}={value}: give {kind}")
        raise UserError(f"{line}; see {self.prog} --help")

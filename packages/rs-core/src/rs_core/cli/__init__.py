"""The command line: ``rs-core COMMAND …``."""

import sys
from importlib import import_module

from rs_core._version import __version__
from rs_core.errors import UserError, nearest
from rs_core.extras import missing_extra

COMMANDS = {
    "train": "train a model by a recipe, or resume a run",
    "eval": "measure a trained model on a data set",
    "predict": "classify images with a trained model",
    "info": "show a model, a recipe or a trained file; all names without arguments",
}

USAGE = (
    "usage: rs-core COMMAND …\n\n"
    + "\n".join(f"  {name:8} {text}" for name, text in COMMANDS.items())
    + "\n\nrs-core COMMAND --help tells more."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; give 0, or 2 where the user can mend it, with one line on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if arguments[0] == "--version":
        print(f"rs-core {__version__}")
        return 0
    command, *rest = arguments
    try:
        if command not in COMMANDS:
            raise UserError(f"unknown command {command!r}{nearest(command, list(COMMANDS))}; see rs-core --help")
        run_command(command, rest)
    except UserError as error:
        print(f"rs-core: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left, as head does
    return 0


def run_command(command: str, arguments: list[str]) -> None:
    """Import the module of a command, so that no command pays for another's imports, and run it."""
    try:
        module = import_module(f"rs_core.cli.{command}")
        module.run(arguments)
    except ModuleNotFoundError as error:
        raise missing_extra(error, f"rs-core {command}") from None

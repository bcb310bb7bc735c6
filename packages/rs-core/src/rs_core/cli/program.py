"""A console script: its commands, and what a user sees when one of them cannot go on."""

import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from rs_core.errors import UserError, nearest
from rs_core.extras import missing_extra

# What a shell reports for a process that SIGINT or SIGPIPE ended.
INTERRUPTED, BROKEN_PIPE = 130, 141


@dataclass(frozen=True, kw_only=True)
class Program:
    """A console script with one module for each command.

    Args:
        name: of the script, which speaks in its messages.
        version: of its package.
        package: where the modules are; each has ``run(arguments)``.
        commands: what each does, by name.
    """

    name: str
    version: str
    package: str
    commands: Mapping[str, str]

    def main(self, arguments: list[str] | None = None) -> int:
        """Run one command and give the exit code: 0, or 2 with one line on stderr where the user can mend it."""
        try:
            self.answer(sys.argv[1:] if arguments is None else arguments)
        except UserError as error:
            return self.complain(str(error))
        except KeyboardInterrupt:
            print(f"{self.name}: interrupted", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:
            # The reader of our output left, as head does. Python flushes once more at exit, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        except OSError as error:
            return self.complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return 0

    @property
    def usage(self) -> str:
        """All commands, a line each."""
        width = max(8, *map(len, self.commands))
        lines = (f"  {name:{width}} {text}" for name, text in self.commands.items())
        return "\n".join([f"usage: {self.name} COMMAND …", "", *lines, "", f"{self.name} COMMAND --help tells more."])

    def complain(self, message: str) -> int:
        """Say what is wrong in one line on stderr and give the exit code; of several processes, say which speaks."""
        rank = os.environ.get("RANK", "0")
        speaker = self.name if rank == "0" else f"{self.name}, rank {rank}"
        print(f"{speaker}: {' '.join(message.splitlines())}", file=sys.stderr)
        return 2

    def answer(self, arguments: list[str]) -> None:
        """Print the usage, the version, or what a command prints, to the last byte."""
        try:
            if not arguments or arguments[0] in ("-h", "--help"):
                print(self.usage)
            elif arguments[0] == "--version":
                print(f"{self.name} {self.version}")
            else:
                self.run_command(arguments[0], arguments[1:])
        finally:
            sys.stdout.flush()

    def run_command(self, command: str, arguments: list[str]) -> None:
        """Import the module of a command, so that no command pays for another's imports, and run it.

        Raises:
            UserError: an unknown command, an extra that is not installed, or what the command raises.
        """
        if command not in self.commands:
            hint = nearest(command, list(self.commands))
            raise UserError(f"unknown command {command!r}{hint}; see {self.name} --help")
        # Torch says so when it is installed without NumPy; a command that needs NumPy names the extra instead.
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        try:
            module = import_module(f"{self.package}.{command.replace('-', '_')}")
            module.run(arguments)
        except ModuleNotFoundError as error:
            raise missing_extra(error, f"{self.name} {command}") from None

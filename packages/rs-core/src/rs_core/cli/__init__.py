"""The command line: ``rs-core COMMAND …``."""

import os
import sys
import warnings
from importlib import import_module

from rs_core._version import __version__
from rs_core.errors import UserError, nearest
from rs_core.extras import missing_extra

COMMANDS = {
    "train": "train a model by a recipe, or resume a run",
    "eval": "measure a trained model on a data set",
    "predict": "classify images with a trained model",
    "info": "show a model, a recipe or a trained file; all names without arguments",
    "convert": "write weights of TensorFlow, Keras, timm, torchvision or SimCLR as one file",
    "shard": "write an image folder as tar shards",
    "index": "index a folder, tar shards or a list, so that training finds any sample at once",
    "doctor": "say whether storage, processor or device limits training, and what to change",
    "bench": "measure the input pipeline on this machine",
    "weights": "list and fetch published weights",
    "export": "write a model for inference: torch.export, ONNX or fused weights",
    "push": "put a model on the Hugging Face hub, or into a folder as the hub keeps it",
}

USAGE = (
    "usage: rs-core COMMAND …\n\n"
    + "\n".join(f"  {name:8} {text}" for name, text in COMMANDS.items())
    + "\n\nrs-core COMMAND --help tells more."
)

# What a shell reports for a process that SIGINT or SIGPIPE ended.
INTERRUPTED, BROKEN_PIPE = 130, 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give the exit code: 0, or 2 with one line on stderr where the user can mend it."""
    try:
        answer(sys.argv[1:] if arguments is None else arguments)
    except UserError as error:
        return complain(str(error))
    except KeyboardInterrupt:
        print("rs-core: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left, as head does. Python flushes once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    return 0


def complain(message: str) -> int:
    """Say what is wrong in one line on stderr and give the exit code; of several processes, say which speaks."""
    rank = os.environ.get("RANK", "0")
    speaker = "rs-core" if rank == "0" else f"rs-core, rank {rank}"
    print(f"{speaker}: {' '.join(message.splitlines())}", file=sys.stderr)
    return 2


def answer(arguments: list[str]) -> None:
    """Print the usage, the version, or what a command prints, to the last byte."""
    try:
        if not arguments or arguments[0] in ("-h", "--help"):
            print(USAGE)
        elif arguments[0] == "--version":
            print(f"rs-core {__version__}")
        else:
            run_command(arguments[0], arguments[1:])
    finally:
        sys.stdout.flush()


def run_command(command: str, arguments: list[str]) -> None:
    """Import the module of a command, so that no command pays for another's imports, and run it.

    Raises:
        UserError: an unknown command, an extra that is not installed, or what the command raises.
    """
    if command not in COMMANDS:
        raise UserError(f"unknown command {command!r}{nearest(command, list(COMMANDS))}; see rs-core --help")
    # Torch says so when it is installed without NumPy; a command that needs NumPy names the extra instead.
    warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
    try:
        module = import_module(f"rs_core.cli.{command}")
        module.run(arguments)
    except ModuleNotFoundError as error:
        raise missing_extra(error, f"rs-core {command}") from None

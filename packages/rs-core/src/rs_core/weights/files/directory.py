"""Which checkpoint a directory holds."""

import re
from pathlib import Path

from rs_core.errors import UserError
from rs_core.weights.check import shortened
from rs_core.weights.files.magic import format_of

MODEL_FILE = "model.safetensors"
STATE = "checkpoint"
DATA_FILE = re.compile(r"(.+)\.data-\d{5}-of-\d{5}")
# The first line that tf.train.Saver and tf.train.Checkpoint write into the state file; text format of protobuf.
LATEST = re.compile(r'^model_checkpoint_path: "((?:[^"\\]|\\.)*)"', re.MULTILINE)
MOST_STATE_BYTES = 2**16


def checkpoint_in(directory: Path) -> Path:
    """Find the one checkpoint of a directory, as a file or a prefix.

    First the ``model.safetensors`` of a run, then the latest checkpoint that TensorFlow's file ``checkpoint`` names,
    then the only one that is there.

    Raises:
        UserError: none or several; these are named.
    """
    if (directory / MODEL_FILE).is_file():
        return directory / MODEL_FILE
    found = checkpoints_in(directory)
    latest = latest_checkpoint(directory)
    if latest in found:
        return latest
    names = shortened([path.name for path in found])
    if latest:
        here = f"give one of those that are: {names}" if found else "copy its files beside it"
        raise UserError(f"{directory / STATE}: names {latest.name!r} as the latest, which is not here; {here}")
    if not found:
        raise UserError(f"{directory}: no checkpoint in it; give the file or prefix of one")
    if len(found) > 1:
        raise UserError(f"{directory}: {len(found)} checkpoints in it; give one of them: {names}")
    return found[0]


def checkpoints_in(directory: Path) -> list[Path]:
    """Give files of weights, and the prefixes of TensorFlow's checkpoints."""
    files = [path for path in directory.iterdir() if path.is_file() and not path.name.startswith(".")]
    return sorted({path for file in files if (path := prefix_of(file) or weights_file(file))})


def prefix_of(file: Path) -> Path | None:
    """Give the prefix of the TensorFlow checkpoint that a file is a part of."""
    if match := DATA_FILE.fullmatch(file.name):
        return file.with_name(match[1])
    return file.with_suffix("") if file.suffix == ".index" else None


def weights_file(file: Path) -> Path | None:
    """Give the file back if it holds weights by itself."""
    return file if format_of(file) else None


def latest_checkpoint(directory: Path) -> Path | None:
    """Read TensorFlow's state file; a directory may have been moved since, so only its name is taken from a path."""
    state = directory / STATE
    if not state.is_file():
        return None
    with state.open("rb") as file:
        match = LATEST.search(file.read(MOST_STATE_BYTES).decode(errors="replace"))
    return directory / Path(match[1]).name if match else None

"""What to do with a finished run."""

import os
from pathlib import Path

from rs_core.train.config import DIGITS, DataConfig


def next_steps(directory: Path, data: DataConfig) -> list[str]:
    """Give the lines that end a run: where its results are and what to try."""
    program = command("rs-core")
    return [
        f"read {directory}/report.md, look at {directory}/curves.png, or try:",
        f"  {program} predict --model {directory} IMAGE",
        f"  {program} eval --model {directory}{data_arguments(data)}",
        f"  {program} train --recipe resnet_rs_50_i160 --data.root FOLDER",
    ]


def command(program: str) -> str:
    """Give the words that run a program from where the user is: inside ``hatch run`` it is not on the outer path."""
    environment = os.environ.get("HATCH_ENV_ACTIVE")
    if environment is None:
        return program
    return f"hatch run {program}" if environment == "default" else f"hatch run {environment}:{program}"


def data_arguments(data: DataConfig) -> str:
    """Give the arguments that name held-out images on the command line; none for the built-in digits."""
    root = "" if data.root == DIGITS else data.root
    named = {"root": root, "val_csv": data.val_csv, "val_index": data.val_index}
    return "".join(f" --data.{name} {value}" for name, value in named.items() if value)

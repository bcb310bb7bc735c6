"""What to do with a finished run."""

import os
from pathlib import Path

from rs_core.train.config import DIGITS, DataConfig


def next_steps(directory: Path, data: DataConfig) -> list[str]:
    """Give the lines that end a run: where its results are and what to try."""
    return [
        f"read {directory}/report.md, look at {directory}/curves.png, or try:",
        f"  {command()} predict --model {directory} IMAGE",
        f"  {command()} eval --model {directory}{data_arguments(data)}",
        f"  {command()} train --recipe resnet_rs_50_i160 --data.root FOLDER",
    ]


def command() -> str:
    """Give the words that run rs-core from where the user is: inside ``hatch run`` it is not on the outer path."""
    return "hatch run rs-core" if "HATCH_ENV_ACTIVE" in os.environ else "rs-core"


def data_arguments(data: DataConfig) -> str:
    """Give the arguments that name held-out images on the command line; none for the built-in digits."""
    root = "" if data.root == DIGITS else data.root
    named = {"root": root, "val_csv": data.val_csv, "val_index": data.val_index}
    return "".join(f" --data.{name} {value}" for name, value in named.items() if value)

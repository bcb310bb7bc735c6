"""The built-in starting point: a network trained on the digits 0 to 4, which no task of a comparison has."""

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from rs_core.train.loop import resume, train
from rs_core.train.run import CONFIG
from rs_core.weights.files.directory import MODEL_FILE
from rs_transfer.recipes import get_transfer_recipe
from rs_transfer.recipes.config import pretrain_config
from rs_transfer.small_network import RECIPE

PRETRAINED = "supervised"


def pretrain_on_digits(out: Path, device: str, say: Callable[[str], None]) -> Path:
    """Train the starting point, unless it is there, and give its run directory."""
    directory = out / "starts" / PRETRAINED
    if (directory / MODEL_FILE).is_file():
        return directory
    say(f"trains a starting point on pictures of the digits 0 to 4: {directory}")
    directory.parent.mkdir(parents=True, exist_ok=True)
    config = pretrain_config(get_transfer_recipe(RECIPE))
    config = replace(config, run=replace(config.run, directory=str(directory), device=device))
    with directory.with_suffix(".txt").open("a") as log, redirect_stdout(log):
        if (directory / CONFIG).is_file():
            resume(directory, type(config))
        else:
            train(config)
    return directory

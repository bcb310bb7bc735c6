"""A fine-tuning on the engine of mm*, from its config to the figures."""

import json
import time
from pathlib import Path
from typing import TypeVar

import torch

from rs_core.atomic import write_atomically, write_text_atomically
from rs_core.train.precision import resolve_device
from rs_core.train.ranks import Ranks, join_ranks
from rs_core.train.run import RESULT, create_directory, read_config, write_config
from rs_transfer.mm.config import SCENES, DenseConfig
from rs_transfer.mm.log import quiet_engine
from rs_transfer.mm.runner import DenseRunner, PlainConfig
from rs_transfer.scenes import write_scenes

MM_CONFIG = "mm_config.py"
WEIGHTS = "model.pth"

Dense = TypeVar("Dense", bound=DenseConfig)


def fine_tune(config: DenseConfig) -> Path:
    """Train by a config and give the run directory.

    It holds ``config.yaml``, ``mm_config.py`` (the same for the tools of mm*), ``metrics.jsonl``, TensorBoard events
    and checkpoints, and at the end ``result.json`` and ``model.pth``. Started by ``torchrun``, all its processes train
    one model.

    Raises:
        UserError: bad data, a directory in use, weights that do not fit, a loss that is no longer finite.
    """
    with join_ranks(resolve_device(config.run.device), config.run.rank_timeout) as ranks:
        directory = Path(ranks.from_main(lambda: str(prepare(config))))
        return train(read_config(directory, type(config)), directory, ranks, resume=False)


def resume(directory: Path, config_type: type[Dense]) -> Path:
    """Continue a run from its newest checkpoint, with the config that it was started with.

    Raises:
        UserError: no run there, or what ``fine_tune`` raises.
    """
    config = read_config(directory, config_type)
    with join_ranks(resolve_device(config.run.device), config.run.rank_timeout) as ranks:
        ranks.from_main(config.check_data)
        return train(config, directory, ranks, resume=True)


def prepare(config: DenseConfig) -> Path:
    """Look into the data, make the directory of a new run, and write the config in it."""
    if config.root != SCENES:
        config.check_data()
    directory = create_directory(config)
    if config.root == SCENES:
        config = config.on(write_scenes(directory / "data", seed=config.run.seed))
    write_config(config, directory)
    return directory


def train(config: DenseConfig, directory: Path, ranks: Ranks, *, resume: bool) -> Path:
    """Train in a directory to the last step and write the results."""
    started = time.monotonic()
    quiet_engine()
    mm_config = PlainConfig(config.mm_config())
    mm_config.work_dir = str(directory)
    if ranks.is_main:
        write_text_atomically(directory / MM_CONFIG, mm_config.pretty_text)
        steps = f"{config.num_steps} steps of {config.batch_size} images"
        print(f"{config.recipe}: {start_in_words(config)}, {steps}", flush=True)
    # Runs of one process must not share what mmengine keeps by this name.
    mm_config.experiment_name = f"{directory.resolve()} {time.time_ns()}"
    mm_config.resume = resume
    mm_config.launcher = "pytorch" if ranks.num_ranks > 1 else "none"
    runner = DenseRunner.from_cfg(mm_config)
    runner.train()
    if ranks.is_main:
        write_results(config, directory, runner, time.monotonic() - started)
    return directory


def start_in_words(config: DenseConfig) -> str:
    """Say where the weights come from."""
    return f"starts from {config.weights}" if config.weights else "starts from random weights"


def write_results(config: DenseConfig, directory: Path, runner: DenseRunner, seconds: float) -> None:
    """Write ``model.pth``, as mm* reads it, and ``result.json``; print the figures."""
    classes = list(runner.val_dataloader.dataset.metainfo["classes"])
    weights = {"state_dict": runner.bare_model.state_dict(), "meta": {"dataset_meta": {"classes": classes}}}
    write_atomically(directory / WEIGHTS, lambda file: torch.save(weights, file))
    figures = config.figures(runner.train_loop.figures)
    result = {
        **figures,
        "seconds": round(seconds, 3),
        "steps": runner.iter,
        "num_parameters": sum(parameter.numel() for parameter in runner.bare_model.parameters()),
    }
    write_text_atomically(directory / RESULT, json.dumps(result, indent=2) + "\n")
    shown = "  ".join(f"{name} {value:.2f}" for name, value in figures.items() if name.count("/") == 1)
    print(f"{runner.iter} steps in {seconds:.0f} s; {shown}")

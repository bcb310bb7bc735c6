"""The train-test fix: after joint training, last epochs at a larger resolution, as a run of their own."""

from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from rs_core.train.config import DataConfig, TrainConfig
from rs_core.train.stage import on_first_rank, read_result, train_stage
from rs_semisup.joint.config import JointTrainConfig

FOLDER = "fix"


def fix_if_asked(directory: Path, config: JointTrainConfig) -> tuple[Path, bool]:
    """Train the last epochs if the config asks for any and the joint run in ``directory`` is finished.

    The run is in ``directory / "fix"``; one that was stopped there is resumed. Give the directory of the last run, and
    whether that is finished.

    Raises:
        UserError: what training raises.
    """
    finished = on_first_rank(config.run, partial(read_result, directory)) is not None
    if not config.fix.epochs or not finished:
        return directory, finished
    return directory / FOLDER, train_stage(fix_config(directory, config)) is not None


def fix_config(directory: Path, config: JointTrainConfig) -> TrainConfig:
    """Give the config of the last epochs: labelled images, no noise, a larger resolution, frozen shallow layers."""
    values = {field.name: getattr(config, field.name) for field in fields(TrainConfig)}
    data = {field.name: getattr(config.data, field.name) for field in fields(DataConfig)}
    changed = {
        "recipe": f"{config.recipe}_fix",
        "model": replace(config.model, dropout=0.0, drop_path_rate=0.0),
        "resolution": config.fix.resolution,
        "epochs": config.fix.epochs,
        "optimizer": replace(config.optimizer, learning_rate_per_256=config.fix.learning_rate_per_256),
        "schedule": replace(config.schedule, warmup_epochs=0.0),
        "randaugment": replace(config.randaugment, num_layers=0),
        "published_top1": 0.0,
        "initial_weights": str(directory),
        "freeze": config.fix.freeze,
        "data": DataConfig(**data),
        "run": replace(config.run, directory=str(directory / FOLDER)),
    }
    return TrainConfig(**values | changed)

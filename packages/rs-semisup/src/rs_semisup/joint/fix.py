"""The train-test fix: after joint training, last epochs at a larger resolution, as a run of their own."""

from dataclasses import fields, replace
from pathlib import Path

from rs_core.train.config import DataConfig, TrainConfig
from rs_core.train.loop import resume, train
from rs_core.train.run import CONFIG
from rs_core.weights.files.directory import MODEL_FILE
from rs_semisup.joint.config import JointTrainConfig

FOLDER = "fix"


def fix_if_asked(directory: Path, config: JointTrainConfig) -> Path:
    """Train the last epochs if the config asks for any and the joint run in ``directory`` is finished.

    The run is in ``directory / "fix"``; one that was stopped there is resumed. Give the directory of the last run.

    Raises:
        UserError: what training raises.
    """
    last = directory / FOLDER
    if not config.fix.epochs or not is_finished(directory) or is_finished(last):
        return last if is_finished(last) else directory
    return resume(last) if (last / CONFIG).is_file() else train(fix_config(directory, config))


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


def is_finished(directory: Path) -> bool:
    """Tell whether the run in a folder came to its end."""
    return (directory / MODEL_FILE).is_file()

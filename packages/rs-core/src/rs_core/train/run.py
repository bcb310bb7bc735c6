"""The run directory: where it is, and the config in it."""

import dataclasses
import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import yaml

from rs_core.atomic import write_text_atomically
from rs_core.configs import differences, from_dict
from rs_core.errors import UserError
from rs_core.train.ranks import from_launcher

CONFIG, RESULT = "config.yaml", "result.json"


class Place(Protocol):
    """The part of a config that says where its run goes."""

    @property
    def directory(self) -> str:
        """The directory of the run, empty for a new one below ``runs``."""
        ...


class RunSettings(Protocol):
    """What a run directory needs to know of the config of its run, a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def recipe(self) -> str:
        """A name for the run."""
        ...

    @property
    def run(self) -> Place:
        """Where it goes."""
        ...


Config = TypeVar("Config", bound=RunSettings)


def open_directory(config: RunSettings) -> Path:
    """Make the directory of a new run with its config in it.

    Where ``torchrun`` may start the run again, every start of the same command continues what is in the directory:
    which start is the first, no process can tell, since each machine counts its own failures alone.

    Raises:
        UserError: the directory is in use or cannot be made, holds a run of another config, or has no fixed name by
            which a second start could find it.
    """
    restarts = from_launcher("TORCHELASTIC_MAX_RESTARTS", 0) > 0
    if restarts and not config.run.directory:
        raise UserError("torchrun may start this run again: name its directory with --run.directory")
    directory = Path(config.run.directory)
    if restarts and (directory / CONFIG).is_file():
        changes = differences(dataclasses.asdict(read_config(directory, type(config))), dataclasses.asdict(config))
        if changes:
            raise UserError(f"{directory}: a run of another config ({', '.join(changes)}); name another directory")
        return directory
    directory = create_directory(config)
    write_config(config, directory)
    return directory


def create_directory(config: RunSettings) -> Path:
    """Make the directory of a new run: the one asked for, or ``runs/<recipe>-<date>-<time>``.

    Raises:
        UserError: there is something in it already, or it cannot be made.
    """
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    directory = Path(config.run.directory or f"runs/{config.recipe}-{now}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        taken = any(directory.iterdir())
    except OSError as error:
        raise UserError(f"run.directory={directory}: {error.strerror}; choose another directory") from None
    if taken:
        raise UserError(
            f"run.directory={directory} is not empty; continue that run with --resume {directory}, or name another"
        )
    return directory


def write_config(config: RunSettings, directory: Path) -> None:
    """Write the complete config as YAML, enough to repeat the run."""
    plain = to_plain(dataclasses.asdict(config))
    write_text_atomically(directory / CONFIG, yaml.safe_dump(plain, sort_keys=False))


def read_config(directory: Path, config_type: type[Config]) -> Config:
    """Read the config of a run of one kind of task.

    Raises:
        UserError: no run there, or a config that does not fit this version.
    """
    path = directory / CONFIG
    if not path.is_file():
        raise UserError(f"{directory}: no run here, {CONFIG} is missing; give the directory of a run")
    try:
        values = yaml.safe_load(path.read_text())
        return from_dict(config_type, values)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (yaml.YAMLError, TypeError) as error:
        raise UserError(f"{path}: not a readable config ({str(error).splitlines()[0]})") from None


def to_plain(value: object) -> object:
    """Turn tuples into lists, all the way down."""
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value

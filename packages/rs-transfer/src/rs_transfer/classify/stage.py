"""A training run as a part of something longer: started, resumed, or left alone where it is finished."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from rs_core.errors import UserError
from rs_core.train.config import LoopConfig, RunConfig
from rs_core.train.loop import resume, train
from rs_core.train.precision import resolve_device
from rs_core.train.ranks import join_ranks
from rs_core.train.run import CONFIG

RESULT = "result.json"

T = TypeVar("T")


class Stopped(UserError):
    """A run was asked to stop before its end; what it did is on the disk."""


def train_stage(config: LoopConfig) -> dict[str, Any]:
    """Train in ``run.directory``, go on there, or leave it as it is where the run is finished; give its figures.

    Raises:
        Stopped: a signal asked the run to stop.
        UserError: what training raises.
    """
    directory = Path(config.run.directory)
    left = on_first_rank(config.run, partial(what_is_left, directory))
    if left == "all":
        train(config)
    elif left == "rest":
        resume(directory, type(config))
    # Only the first rank writes what ends a run, so only it knows.
    result = on_first_rank(config.run, partial(read_result, directory))
    if result is None:
        raise Stopped(f"{directory}: stopped before its end")
    return result


def what_is_left(directory: Path) -> Literal["all", "rest", "nothing"]:
    """Tell how much of the run in a folder is still to be done."""
    if (directory / RESULT).is_file():
        return "nothing"
    return "rest" if (directory / CONFIG).is_file() else "all"


def read_result(directory: Path) -> dict[str, Any] | None:
    """Give the figures of the run in a folder, None where it is not finished."""
    path = directory / RESULT
    result: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return result


def on_first_rank(run: RunConfig, work: Callable[[], T]) -> T:
    """Let the first of the processes that ``torchrun`` started do some work, and give what it found to all of them."""
    with join_ranks(resolve_device(run.device), run.rank_timeout) as ranks:
        return ranks.from_main(work)

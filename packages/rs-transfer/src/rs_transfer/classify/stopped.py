"""A run that has to come to its end before something else can begin."""

from pathlib import Path
from typing import Any

from rs_core.errors import UserError
from rs_core.train.config import LoopConfig
from rs_core.train.stage import train_stage


class Stopped(UserError):
    """A run was asked to stop before its end; what it did is on the disk."""


def finish_stage(config: LoopConfig) -> dict[str, Any]:
    """Train in ``run.directory``, go on there, or leave it as it is where the run is finished; give its figures.

    Raises:
        Stopped: a signal asked the run to stop.
        UserError: what training raises.
    """
    result = train_stage(config)
    if result is None:
        raise Stopped(f"{Path(config.run.directory)}: stopped before its end; the same command goes on there")
    return result

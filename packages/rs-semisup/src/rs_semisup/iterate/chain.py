"""Teacher, labels, selection, student, and again: every stage in a folder of its own, none of them done twice.

::

    OUT/
      chain.yaml        the settings
      0-teacher/        a supervised run, unless a trained teacher was named
      1-predictions/    what the teacher says
      1-selected/       the index of the images that were chosen, with its report
      1-student/        a joint run; its network is the next teacher
      2-predictions/    …
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from rs_core.atomic import write_text_atomically
from rs_core.configs import differences
from rs_core.data.index.layout import DESCRIPTION
from rs_core.errors import UserError
from rs_core.train.config import TrainConfig
from rs_core.train.loop import resume, train
from rs_core.train.precision import resolve_device
from rs_core.train.ranks import join_ranks
from rs_core.train.run import CONFIG, to_plain
from rs_semisup.iterate.config import IterateConfig
from rs_semisup.joint.fix import fix_if_asked, is_finished
from rs_semisup.label import label
from rs_semisup.select import SelectConfig, select

SETTINGS = "chain.yaml"

# 130 million rows take ten; the other processes wait so long for the first.
MINUTES_OF_SELECTION = 600.0

Config = TypeVar("Config", bound=TrainConfig)

Say = Callable[[str], None]


class Stopped(UserError):
    """A stage was asked to stop before its end; what it did is on the disk."""


def iterate(config: IterateConfig, say: Say = print) -> Path:
    """Go through a chain, or on from where an earlier call of the same chain stopped; give the last student's run.

    Under ``torchrun`` all processes train and label, and the first selects.

    Raises:
        Stopped: a signal asked a run to stop.
        UserError: a chain of other settings is there, or what a stage raises.
    """
    out = Path(config.out)
    by_one_rank(config, lambda: keep_settings(config))
    teacher = config.teacher if isinstance(config.teacher, str) else str(train_stage(config.teacher, out / "0-teacher"))
    for number, student in enumerate(config.students, start=1):
        predictions, selected, run = (out / f"{number}-{what}" for what in ("predictions", "selected", "student"))
        say(f"{number}: {teacher} labels {config.unlabelled} into {predictions}")
        label(config.label_config(number, teacher, predictions))
        say(f"{number}: selecting into {selected}")
        by_one_rank(config, partial(select_stage, config.select_config(number, predictions, selected)))
        say(f"{number}: {student.recipe} learns in {run}")
        joint = replace(student, data=replace(student.data, pseudo_index=str(selected)))
        teacher = str(fix_if_asked(train_stage(joint, run), with_directory(joint, run)))
        if not is_finished(Path(teacher)):
            raise stopped(Path(teacher))
    return Path(teacher)


def by_one_rank(config: IterateConfig, work: Callable[[], None]) -> None:
    """Let the first process do some work, and the others wait for it."""
    run = config.students[0].run
    with join_ranks(resolve_device(run.device), MINUTES_OF_SELECTION) as ranks:
        ranks.from_main(work)


def keep_settings(config: IterateConfig) -> None:
    """Write the settings into the folder of the chain, or compare with those that are there.

    Raises:
        UserError: they differ, or the folder cannot be written.
    """
    path = Path(config.out) / SETTINGS
    own = cast("dict[str, Any]", to_plain(asdict(config)))
    if path.is_file():
        changes = differences(yaml.safe_load(path.read_text(encoding="utf-8")), own)
        if changes:
            raise UserError(f"{config.out}: a chain of other settings ({', '.join(changes)}); name another folder")
        return
    write_text_atomically(path, yaml.safe_dump(own, sort_keys=False))


def train_stage(config: Config, directory: Path) -> Path:
    """Train in a folder, go on there, or leave it as it is where the run is finished; give the folder.

    Raises:
        Stopped: a signal asked the run to stop.
    """
    if (directory / CONFIG).is_file():
        if not is_finished(directory):
            resume(directory, type(config))
    else:
        train(with_directory(config, directory))
    if not is_finished(directory):
        raise stopped(directory)
    return directory


def with_directory(config: Config, directory: Path) -> Config:
    """Give the config of a run in this folder."""
    return replace(config, run=replace(config.run, directory=str(directory)))


def stopped(directory: Path) -> Stopped:
    """Say how to go on."""
    return Stopped(f"{directory}: stopped before its end; the same command goes on there")


def select_stage(config: SelectConfig) -> None:
    """Select, unless the index is there already."""
    if not (config.out / DESCRIPTION).is_file():
        select(config)

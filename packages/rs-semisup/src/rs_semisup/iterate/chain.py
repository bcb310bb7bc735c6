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
from rs_core.train.run import to_plain
from rs_core.train.stage import on_first_rank, train_stage
from rs_semisup.iterate.config import IterateConfig
from rs_semisup.joint.fix import fix_if_asked
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
    on_first_rank(config.students[0].run, partial(keep_settings, config))
    teacher = first_teacher(config, out / "0-teacher")
    for number, student in enumerate(config.students, start=1):
        predictions, selected, run = (out / f"{number}-{what}" for what in ("predictions", "selected", "student"))
        say(f"{number}: {teacher} labels {config.unlabelled} into {predictions}")
        label(config.label_config(number, teacher, predictions))
        say(f"{number}: selecting into {selected}")
        selection = config.select_config(number, predictions, selected)
        on_first_rank(student.run, partial(select_stage, selection), MINUTES_OF_SELECTION)
        say(f"{number}: {student.recipe} learns in {run}")
        joint = with_directory(replace(student, data=replace(student.data, pseudo_index=str(selected))), run)
        train_stage(joint)
        last, finished = fix_if_asked(run, joint)
        if not finished:
            raise stopped(last)
        teacher = str(last)
    return Path(teacher)


def first_teacher(config: IterateConfig, directory: Path) -> str:
    """Give the name of the teacher of the first student, which is trained first if the chain has none.

    Raises:
        Stopped: a signal asked that run to stop.
    """
    if isinstance(config.teacher, str):
        return config.teacher
    if train_stage(with_directory(config.teacher, directory)) is None:
        raise stopped(directory)
    return str(directory)


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

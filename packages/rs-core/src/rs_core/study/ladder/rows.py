"""The rows of a ladder as configs of runs: published, then shrunk, then with the settings that were given."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rs_core.configs import differences
from rs_core.errors import UserError
from rs_core.models import ResNetConfig, model_config
from rs_core.recipes import with_changes
from rs_core.study.ladder.config import Config, LadderConfig

# What tells rows apart that is no setting of training.
NAMES = ("recipe=", "published_top1=", "run.directory=")

LONG_NUMBER = re.compile(r"\d+\.\d{6,}")


def published_rows(study: LadderConfig[Config]) -> dict[str, Config]:
    """Give every row of the ladder at its published size, by name; the teacher is the last one, where there is one."""
    ladder = study.ladder
    recipes = [*ladder.baselines, *([ladder.teacher] if ladder.teacher else [])]
    rows = {recipe.recipe: with_changes(study.config_of(recipe), ladder.settings) for recipe in recipes}
    for step in ladder.steps:
        rows[step.name] = with_changes(rows[step.parent], {**step.changes, "recipe": step.name})
    # A figure counts for what it was measured on and nothing else; the table of the study says that.
    return {name: replace(row, published_top1=0.0) for name, row in rows.items()}


def rows_to_train(study: LadderConfig[Config]) -> dict[str, Config]:
    """Give every row as the study trains it, but for seed and directory.

    Raises:
        UserError: an unknown network, or a setting that a row cannot take.
    """
    published = published_rows(study)
    share = share_of_epochs(study, published)
    return {name: row_to_train(study, name, row, share) for name, row in published.items()}


def row_to_train(study: LadderConfig[Config], name: str, row: Config, share: float) -> Config:
    """Give one row as the study trains it, for a share of its epochs."""
    if study.model:
        row = with_depth(row, study.model)
    if study.laptop:
        row = study.laptop.shrink(row)
    row = with_changes(shortened(row, share), settings_of(study, name))
    return with_teacher(row, study)


def share_of_epochs(study: LadderConfig[Config], rows: Mapping[str, Config]) -> float:
    """Give the share of its published epochs that every row is trained for."""
    if study.epochs:
        return study.epochs / max(row.epochs for row in rows.values())
    return 1 / study.laptop.epochs_divisor if study.laptop else 1.0


def shortened(row: Config, share: float) -> Config:
    """Give a row with a share of its epochs, those of the warm-up included.

    Both become shorter alike, so that a row that warms up for a tenth of its training still does.
    """
    schedule = replace(row.schedule, warmup_epochs=share * row.schedule.warmup_epochs)
    return replace(row, epochs=share * row.epochs, schedule=schedule)


def with_depth(row: Config, network: str) -> Config:
    """Give a row the depth of another network; stem, shortcuts and gates are what the rows differ in, and stay.

    Raises:
        UserError: there is no such network, or it takes another kind of input.
    """
    config = model_config(network)
    if not isinstance(config, type(row.model)):
        own, other = ("images", "clips") if isinstance(config, ResNetConfig) else ("clips", "images")
        raise UserError(f"--model {network}: a network of {own}, and the rows are networks of {other}; choose another")
    size: dict[str, Any] = {"model.blocks": config.blocks}
    if isinstance(config, ResNetConfig):
        size["model.block"] = config.block
    return with_changes(row, {**size, "recipe": f"{network}_by_{row.recipe}"})


def settings_of(study: LadderConfig[Config], name: str) -> dict[str, Any]:
    """Give the settings that hold in a row: those that it does not change itself.

    The teacher is no step, and keeps whatever any step changes.
    """
    ladder = study.ladder
    if ladder.teacher and name == ladder.teacher.recipe:
        own = {setting for step in ladder.steps for setting in step.changes}
    else:
        own = set(ladder.changes(name))
    return {setting: value for setting, value in study.settings.items() if setting not in own}


def with_teacher(row: Config, study: LadderConfig[Config]) -> Config:
    """Name the teacher of a row that distils from the ladder's: the one that was given, else the run of its own."""
    if not needs_teacher(row, study):
        return row
    return with_changes(row, {"distillation.teacher": study.teacher or str(teacher_directory(study))})


def needs_teacher(row: Config, study: LadderConfig[Config]) -> bool:
    """Tell whether a row distils from the ladder's own teacher, by its name or by its run."""
    if study.ladder.teacher is None:
        return False
    teacher = asdict(row).get("distillation", {}).get("teacher", "")
    return teacher in (study.ladder.teacher.recipe, str(teacher_directory(study)))


def teacher_directory(study: LadderConfig[Config]) -> Path:
    """Give the run of the ladder's own teacher."""
    name = study.ladder.teacher.recipe if study.ladder.teacher else ""
    return Path(study.out) / name / "seed0"


def difference(before: Config, after: Config) -> tuple[str, ...]:
    """Give what one row changes of another, a setting each.

    >>> from rs_core.recipes.additive import ADDITIVE, BASELINE
    >>> from rs_core.train.config import train_config
    >>> difference(train_config(BASELINE), train_config(with_changes(BASELINE, ADDITIVE.steps[0].changes)))
    ('schedule.decay=cosine instead of step',)
    """
    lines = differences(asdict(before), asdict(after))
    return tuple(legible(line) for line in lines if not line.startswith(NAMES))


def legible(line: str) -> str:
    """Give a difference with short numbers, and a word where a setting was empty."""
    return LONG_NUMBER.sub(shortly, line) + ("none" if line.endswith("instead of ") else "")


def shortly(number: re.Match[str]) -> str:
    """Give the first digits of a number that a share of another one has many of."""
    return f"{float(number[0]):.4g}"

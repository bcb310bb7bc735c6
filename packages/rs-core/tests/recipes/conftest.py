"""What the tests of the tables share: their rows as recipes, and what tells two of them apart."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from rs_core.configs import differences
from rs_core.recipes import BaseRecipe, Ladder, with_changes


@pytest.fixture(scope="session")
def row() -> Callable[[Ladder, str], BaseRecipe]:
    """Gives what builds a row of a ladder; settings of the run are none of a recipe."""

    def build(ladder: Ladder, name: str) -> BaseRecipe:
        baseline = next(one for one in ladder.baselines if one.recipe == ladder.chain(name)[0])
        changes = {setting: value for setting, value in ladder.changes(name).items() if not setting.startswith("run.")}
        return with_changes(baseline, {**changes, "recipe": name, "published_top1": ladder.published_top1(name)})

    return build


@pytest.fixture(scope="session")
def changed() -> Callable[[BaseRecipe, BaseRecipe], set[str]]:
    """Gives what names the settings in which two rows differ."""

    def names(before: BaseRecipe, after: BaseRecipe) -> set[str]:
        lines = differences(asdict(before), asdict(after))
        return {line.partition("=")[0] for line in lines} - {"recipe", "published_top1"}

    return names

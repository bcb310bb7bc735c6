"""A ladder: the recipes of a study, each but the first ones a step from another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from rs_core.errors import UserError, nearest
from rs_core.recipes.recipe import BaseRecipe
from rs_core.recipes.step import Step


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The table of a study.

    Args:
        title: what the study asks.
        published_on: what the published figures were measured on.
        baselines: the recipes that are no step from another one.
        steps: all others, each after its parent.
        settings: of data and machine, that hold in every row until a step changes them.
        teacher: the recipe of the network that rows distil from, which has its name in ``distillation.teacher``.
        assumptions: what is not known of the published runs, and what is taken instead; a sentence each.
    """

    title: str
    published_on: str
    baselines: Sequence[BaseRecipe]
    steps: Sequence[Step]
    settings: Mapping[str, Any] = field(default_factory=dict)
    teacher: BaseRecipe | None = None
    assumptions: Sequence[str] = ()

    @cached_property
    def step_of(self) -> dict[str, Step]:
        """The steps by name."""
        return {step.name: step for step in self.steps}

    @cached_property
    def names(self) -> list[str]:
        """All rows, each after its parent, and each baseline before the rows that start from it."""
        return [
            name
            for baseline in self.baselines
            for name in (baseline.recipe, *(step.name for step in self.steps))
            if self.chain(name)[0] == baseline.recipe
        ]

    def chain(self, name: str) -> list[str]:
        """Give the rows that lead to one, from its baseline to itself."""
        names = [name]
        while names[0] in self.step_of:
            names.insert(0, self.step_of[names[0]].parent)
        return names

    def changes(self, name: str, since: str = "") -> dict[str, Any]:
        """Give what a row changes of its baseline, or of the row ``since`` before it; the last word counts."""
        chain = self.chain(name)
        steps = chain[chain.index(since) + 1 :] if since else chain[1:]
        return {setting: value for step in steps for setting, value in self.step_of[step].changes.items()}

    def published_top1(self, name: str) -> float:
        """Give the published top-1 of a row in per cent, 0 where it is not known."""
        if name in self.step_of:
            return self.step_of[name].published_top1
        return next(baseline.published_top1 for baseline in self.baselines if baseline.recipe == name)

    def published_gain(self, name: str, since: str) -> float | None:
        """Give the points that a row has over one before it as published, ``None`` where a part is not known."""
        chain = self.chain(name)
        gains = [self.step_of[step].published_gain for step in chain[chain.index(since) + 1 :]]
        known = [gain for gain in gains if gain is not None]
        return round(sum(known), 2) if len(known) == len(gains) else None

    def select(self, patterns: Sequence[str]) -> list[str]:
        """Give the rows that any of these names or shell patterns means, and the baselines that they start from.

        Without patterns, all rows.

        Raises:
            UserError: a pattern that means none.
        """
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self.names):
                raise UserError(
                    f"there is no step {pattern!r}{nearest(pattern, self.names)}; choose from {', '.join(self.names)}"
                )
        meant = {name for name in self.names if any(fnmatchcase(name, pattern) for pattern in patterns or ("*",))}
        meant |= {self.chain(name)[0] for name in meant}
        return [name for name in self.names if name in meant]

    def nearest_kept(self, name: str, kept: Sequence[str]) -> str:
        """Give the nearest row before one that is kept, nothing for a baseline."""
        return next((row for row in reversed(self.chain(name)[:-1]) if row in kept), "")

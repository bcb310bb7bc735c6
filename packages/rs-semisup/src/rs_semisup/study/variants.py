"""What the study compares: one row of its table each."""

from dataclasses import dataclass, replace
from typing import Literal

from rs_semisup.recipes import SemisupRecipe

BASELINE = "labelled only"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way for a student to learn.

    Args:
        name: as the table calls it.
        targets: what it learns of a pseudo-labelled image.
        noise: with RandAugment, dropout and drop-path, as the recipe has them, or without any.
    """

    name: str
    targets: Literal["soft", "hard"]
    noise: bool

    @property
    def folder(self) -> str:
        """Where its runs are."""
        return self.name.replace(",", "").replace(" ", "-")

    def applied_to(self, recipe: SemisupRecipe) -> SemisupRecipe:
        """Give the recipe of this student."""
        recipe = replace(recipe, joint=replace(recipe.joint, targets=self.targets))
        if self.noise:
            return recipe
        return replace(
            recipe,
            model=replace(recipe.model, dropout=0.0, drop_path_rate=0.0),
            randaugment=replace(recipe.randaugment, num_layers=0),
        )


STUDENTS = (
    Variant(name="student without noise", targets="hard", noise=False),
    Variant(name="noisy student", targets="hard", noise=True),
    Variant(name="noisy student, soft labels", targets="soft", noise=True),
)

"""What a recipe of joint training is: a recipe for images, and how pseudo-labelled ones take part."""

from dataclasses import dataclass, field
from typing import Literal

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.recipes import Recipe
from rs_core.recipes.recipe import refuse_negative


@dataclass(frozen=True, kw_only=True)
class JointConfig:
    """How labelled and pseudo-labelled images are mixed.

    ``L_lab`` and ``L_unl`` are the mean losses of ``n_lab`` labelled and ``n_unl = ratio * n_lab`` pseudo-labelled
    images (google-research/noisystudent).

    Args:
        ratio: pseudo-labelled images for each labelled one in a batch; ``batch_size`` counts the labelled ones.
        loss: ``sum`` is ``(L_lab * n_lab + L_unl * n_unl) / n_lab``, as released, whose gradients grow with the ratio;
            ``mean`` is the same over ``n_lab + n_unl``.
        targets: ``soft``, the teacher's probabilities without label smoothing; or ``hard``, its likeliest class with
            label smoothing.
    """

    ratio: int = 3
    loss: Literal["sum", "mean"] = "sum"
    targets: Literal["soft", "hard"] = "soft"

    def __post_init__(self) -> None:
        """Refuse unknown words and a ratio below 1."""
        check_choices(self)
        if self.ratio < 1:
            raise UserError(f"joint.ratio={self.ratio}: give 1 or more; for labelled images alone use rs-core train")


@dataclass(frozen=True, kw_only=True)
class FixConfig:
    """Last epochs at a larger resolution, on labelled images alone, which mends the train-test discrepancy.

    Random crops show objects larger than the centre crops of evaluation do, so a network does better on images larger
    than those it was trained on, and better still after some epochs on such (arXiv 1906.06423). Noisy Student trains
    1.5 epochs without RandAugment and with the shallow layers fixed (arXiv 1911.04252, section 3.2). Dropout and
    drop-path are off too; the learning rate decays to zero from the start, without warm-up.

    Args:
        epochs: over the labelled images; 0 for no such training.
        resolution: pixels a side, of training and of the evaluation that follows.
        learning_rate_per_256: peak for 256 images; a tenth of the recipe's or less keeps what was learnt.
        freeze: parts of the network that stay as they are.
    """

    epochs: float = 0.0
    resolution: int = 0
    learning_rate_per_256: float = 0.01
    freeze: tuple[str, ...] = ("stem", "c2")

    def __post_init__(self) -> None:
        """Refuse negative numbers, and epochs at no resolution."""
        refuse_negative(self, "epochs", "resolution", "learning_rate_per_256")
        if self.epochs and not self.resolution:
            raise UserError(f"fix.epochs={self.epochs} needs fix.resolution beside it, in pixels")


@dataclass(frozen=True, kw_only=True)
class SemisupRecipe(Recipe):
    """A recipe for images with pseudo-labelled ones beside the labelled; epochs are counted on the labelled.

    Args:
        joint: how both are mixed.
        fix: last epochs at a larger resolution.
    """

    joint: JointConfig = field(default_factory=JointConfig)
    fix: FixConfig = field(default_factory=FixConfig)

    def __post_init__(self) -> None:
        """Refuse impossible recipes, and methods that are not defined for images of two kinds."""
        super().__post_init__()
        if self.mixup_alpha:
            raise UserError(f"mixup_alpha={self.mixup_alpha}: images of two kinds are not mixed; leave it out")
        if self.distillation.teacher:
            raise UserError(
                f"distillation.teacher={self.distillation.teacher}: in joint training the pseudo-labels are what a "
                "teacher says; leave it out"
            )

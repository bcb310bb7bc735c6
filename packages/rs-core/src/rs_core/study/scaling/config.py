"""What is studied."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.recipes import LAPTOP_SUFFIX, Recipe, get_recipe
from rs_core.recipes.recipe import refuse_negative
from rs_core.study.scaling.duration import parse_duration
from rs_core.study.scaling.grid import Network, Point, blocks_of, model_of
from rs_core.study.scaling.regularization import REGULARIZE_FROM_EPOCHS, regularization, regularized, warmup_epochs
from rs_core.train.config import DIGITS, DataConfig, RunConfig, TrainConfig, train_config
from rs_core.train.precision import Precision

RECIPE = "resnet_rs_50_i160"


@dataclass(frozen=True, kw_only=True)
class Axes:
    """The axes of a grid."""

    widths: tuple[float, ...]
    depths: tuple[int, ...]
    resolutions: tuple[int, ...]
    epochs: tuple[float, ...]


PAPER = Axes(
    widths=(0.25, 0.5, 1.0, 1.5, 2.0),
    depths=(26, 50, 101, 200, 300, 350, 400),
    resolutions=(128, 160, 224, 320, 448),
    epochs=(10.0, 100.0, 350.0),
)
# Depth 50 costs about what width 0.1875 does, both from the smallest network.
LAPTOP = Axes(widths=(0.125, 0.1875, 0.25), depths=(14, 26, 50), resolutions=(16, 24, 32), epochs=(2.0, 6.0))


@dataclass(frozen=True, kw_only=True)
class ScalingConfig:
    """A grid of widths, depths, resolutions and epochs, as much of it as a budget of time allows.

    Args:
        out: folder of all runs, the report and the plot. The same command goes on there, and runs nothing twice; with a
            larger budget it runs more of the grid.
        budget: time for this command, such as ``7m`` or ``12h``. What does not fit is left out and listed.
        widths: multipliers of all channels. Empty axes are the paper's, or a laptop's on the built-in digits.
        depths: counted layers: 14, 26, or any from 50 on.
        resolutions: pixels a side.
        epochs: passes over the training images.
        seeds: runs of each point; a second one of any comes after the first of all.
        recipe: everything else; empty for that of ResNet-RS-50, in its laptop form on the built-in digits.
        batch_size: images an optimiser step, 0 for the recipe's.
        regularize_from: epochs from which on runs are regularised, by the rules that the report states.
        jobs: runs at a time, each on its share of the cores; 0 for one on each core of a CPU, and one on a GPU.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``auto`` is bfloat16 where the device computes in it, else float32.
        data: where the images are.

    Raises:
        UserError: a value that makes no study.
    """

    program: ClassVar[str] = "rs-core"
    command: ClassVar[str] = "study scaling"

    out: str = "runs/scaling"
    budget: str = "7m"
    widths: tuple[float, ...] = ()
    depths: tuple[int, ...] = ()
    resolutions: tuple[int, ...] = ()
    epochs: tuple[float, ...] = ()
    seeds: int = 1
    recipe: str = ""
    batch_size: int = 0
    regularize_from: float = REGULARIZE_FROM_EPOCHS
    jobs: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    data: DataConfig = field(default_factory=DataConfig)

    def __post_init__(self) -> None:
        """Refuse impossible studies with one line, and those of which some run would be impossible."""
        check_choices(self)
        refuse_negative(self, "batch_size", "jobs", "regularize_from")
        if self.seeds < 1:
            raise UserError(f"seeds={self.seeds}: give at least 1")
        parse_duration(self.budget, "--budget")
        for name in ("widths", "depths", "resolutions", "epochs"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise UserError(f"--{name} {list(values)}: has a value twice; leave one out")
            for value in values:
                if not value > 0:
                    raise UserError(f"--{name} {list(values)}: give numbers above 0")
        for depth in self.axes.depths:
            blocks_of(depth)
        for point in self.points:
            self.run_config(point, seed=0)

    @property
    def is_built_in(self) -> bool:
        """Whether the data are the built-in digits."""
        return self.data.root == DIGITS and not self.data.train_index

    @property
    def budget_seconds(self) -> float:
        """Time for this command."""
        return parse_duration(self.budget, "--budget")

    @property
    def axes(self) -> Axes:
        """The axes: those given, else the defaults for the data."""
        default = LAPTOP if self.is_built_in else PAPER
        return Axes(
            widths=tuple(sorted(self.widths or default.widths)),
            depths=tuple(sorted(self.depths or default.depths)),
            resolutions=tuple(sorted(self.resolutions or default.resolutions)),
            epochs=tuple(sorted(self.epochs or default.epochs)),
        )

    @property
    def networks(self) -> tuple[Network, ...]:
        """All networks of the grid."""
        axes = self.axes
        return tuple(Network(r, d, w) for r in axes.resolutions for d in axes.depths for w in axes.widths)

    @property
    def points(self) -> tuple[Point, ...]:
        """All points of the grid."""
        return tuple(Point(epochs, network) for epochs in self.axes.epochs for network in self.networks)

    @property
    def base_recipe(self) -> Recipe:
        """What every run has in common.

        Raises:
            UserError: an unknown name.
        """
        recipe = get_recipe(self.recipe or (RECIPE + LAPTOP_SUFFIX if self.is_built_in else RECIPE))
        return replace(recipe, batch_size=self.batch_size or recipe.batch_size, published_top1=0.0)

    def run_config(self, point: Point, seed: int) -> TrainConfig:
        """Give the config of a run: ``OUT/eEPOCHS/dDEPTH_wWIDTH_iRESOLUTION/seedN``."""
        network, base = point.network, self.base_recipe
        recipe = regularized(
            replace(
                base,
                recipe=f"{base.recipe}_{network.tag}_e{point.epochs:g}",
                model=model_of(network, base.model),
                resolution=network.resolution,
                epochs=point.epochs,
                schedule=replace(base.schedule, warmup_epochs=warmup_epochs(base, point.epochs)),
            ),
            regularization(network, point.epochs, self.regularize_from),
        )
        run = RunConfig(
            directory=str(Path(self.out) / f"e{point.epochs:g}" / network.tag / f"seed{seed}"),
            device=self.device,
            precision=self.precision,
            compile="off" if self.is_built_in else "auto",
            seed=seed,
            evaluate_every=point.epochs,
            keep_checkpoints=1,
        )
        return train_config(recipe, self.data, run)

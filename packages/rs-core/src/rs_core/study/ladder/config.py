"""What a study of a ladder runs, and how large."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from rs_core.errors import UserError
from rs_core.recipes import Ladder
from rs_core.train.config import LoopConfig

Config = TypeVar("Config", bound=LoopConfig)


@dataclass(frozen=True, kw_only=True)
class LaptopForm(Generic[Config]):
    """How a row is shrunk so that the built-in data and two cores do.

    Args:
        shrink: gives the same methods on a small network and small samples.
        epochs_divisor: epochs of the row for one epoch of its laptop form.
        in_words: what shrinks, a sentence for the report.
    """

    shrink: Callable[[Config], Config]
    epochs_divisor: float
    in_words: str


@dataclass(frozen=True, kw_only=True)
class LadderConfig(Generic[Config]):
    """A ladder on some data.

    Args:
        ladder: the rows.
        config_of: gives the config of a recipe, with the data and machine of the defaults.
        laptop: the form that all rows are trained in, ``None`` for them as they stand.
        out: folder of all runs, table and plot. The same study goes on there, and runs nothing twice.
        steps: names or shell patterns of the rows to train; all without any. Their baselines are trained too.
        model: network whose depth all rows get, of the names of ``rs_core.list_models``; empty for their own.
        epochs: of the longest row of the ladder; the others, and all warm-ups, keep their share of it. 0 for those of
            the rows, or of their laptop form.
        seeds: runs of each row.
        settings: by dotted name, that hold in every row that does not change them itself.
        teacher: what rows distil from: a run, a file or published weights; empty to train the ladder's own.
        jobs: runs at a time, each on its share of the cores; 0 for one on each core of a CPU, and one on a GPU.
    """

    ladder: Ladder
    config_of: Callable[[Any], Config]
    laptop: LaptopForm[Config] | None
    out: str
    steps: tuple[str, ...] = ()
    model: str = ""
    epochs: float = 0.0
    seeds: int = 2
    settings: Mapping[str, Any] = field(default_factory=dict)
    teacher: str = ""
    jobs: int = 0

    def __post_init__(self) -> None:
        """Refuse counts that make no study, steps that are not there, and a teacher of nobody."""
        if self.seeds < 1 or self.jobs < 0 or not 0 <= self.epochs < float("inf"):
            raise UserError(
                f"seeds={self.seeds}, jobs={self.jobs}, epochs={self.epochs}: give a seed at least, and no negative "
                "numbers"
            )
        self.ladder.select(self.steps)
        if self.teacher and self.ladder.teacher is None:
            raise UserError(f"--distillation.teacher {self.teacher}: no row of this table distils; leave it out")

    @property
    def kept(self) -> list[str]:
        """The rows to train, each after its parent."""
        return self.ladder.select(self.steps)

"""What is compared."""

from dataclasses import dataclass
from typing import ClassVar

from rs_core.choices import check_choices
from rs_core.errors import UserError, nearest
from rs_transfer.compare.starts import parse_start
from rs_transfer.compare.tasks import TASKS


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Tasks x starting points x seeds.

    Args:
        out: folder of all runs, the table and the plot. The same command goes on there, and runs nothing twice.
        tasks: any of ``cifar100``, ``voc_detection``, ``voc_segmentation``, ``ade20k`` and ``nyu_depth``.
        starts: starting points as ``NAME=WEIGHTS``, where WEIGHTS is anything that ``rs_core.load_pretrained`` takes,
            or by name: ``random``, ``supervised_50``, ``simclr_50``, ``simclr_v2_50``, ``supervised_152``,
            ``simclr_v2_152``. Without any, random weights against a network that is pre-trained here on the built-in
            digits 0 to 4.
        model: network of the random start, on data of your own; the same as that of the weights beside it.
        seeds: runs of each cell.
        cifar100_root: folder with ``cifar-100-python``; without it, the built-in digits 5 to 9.
        voc_root: the ``VOCdevkit``; without it, the built-in scenes.
        ade_root: ``ADEChallengeData2016``; without it, the built-in scenes.
        nyu_root: folder with ``images`` and ``annotations``; without it, the built-in scenes.
        jobs: runs at a time, each on its share of the cores; 0 for one on each core of a CPU, and one on a GPU.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    program: ClassVar[str] = "rs-transfer"
    command: ClassVar[str] = "compare"

    out: str = "runs/compare"
    tasks: tuple[str, ...] = tuple(TASKS)
    starts: tuple[str, ...] = ()
    model: str = "resnet_50"
    seeds: int = 2
    cifar100_root: str = ""
    voc_root: str = ""
    ade_root: str = ""
    nyu_root: str = ""
    jobs: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        check_choices(self)
        known = list(TASKS)
        for task in self.tasks:
            if task not in known:
                raise UserError(f"--tasks {task!r}{nearest(task, known)}: choose from {', '.join(known)}")
        if not self.tasks or self.seeds < 1 or self.jobs < 0:
            raise UserError(
                f"tasks={list(self.tasks)}, seeds={self.seeds}, jobs={self.jobs}: give a task and a seed at least"
            )
        names = [name for name, _ in self.named_starts]
        if len(set(names)) < len(names):
            raise UserError(f"--starts {list(self.starts)}: two starting points have one name; rename one of them")

    @property
    def named_starts(self) -> tuple[tuple[str, str], ...]:
        """Name and weights of each starting point that was given.

        Raises:
            UserError: an unknown name.
        """
        return tuple(parse_start(start) for start in self.starts)

    def root(self, task: str) -> str:
        """Give the folder of a task's data, empty for the built-in ones."""
        return str(getattr(self, TASKS[task].root_field))

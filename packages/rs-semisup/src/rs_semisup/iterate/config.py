"""What a chain of teachers and students is: who begins, who follows, and on which images."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from rs_core.errors import UserError
from rs_core.train.config import TrainConfig
from rs_semisup.joint.config import JointTrainConfig
from rs_semisup.label.config import LabelConfig
from rs_semisup.select.config import SelectConfig


@dataclass(frozen=True, kw_only=True)
class IterateConfig:
    """A chain: a teacher labels, a student trains on what was selected, and is the next teacher.

    What the chain itself decides is not to be set in its parts: ``run.directory`` and ``data.pseudo_index`` of runs,
    ``teacher``, ``index`` and ``out`` of labelling.

    Args:
        out: folder of the whole chain.
        unlabelled: index of the images to be labelled.
        teacher: a trained network as ``rs-semisup label --teacher`` takes it, or the supervised run that trains one.
        students: the joint runs, first to last.
        label: how teachers label; ``teacher_checkpoint`` is the first one's.
        threshold: of ``SelectConfig``; so are the next three.
        per_class: likewise.
        max_copies: likewise.
        max_hash_distance: likewise.
    """

    out: str
    unlabelled: str
    teacher: str | TrainConfig
    students: tuple[JointTrainConfig, ...]
    label: LabelConfig = field(default_factory=LabelConfig)
    threshold: float = 0.3
    per_class: int = 130_000
    max_copies: int = 0
    max_hash_distance: int = -1

    def __post_init__(self) -> None:
        """Refuse a chain without students, and near-duplicates without hashes of what images look like."""
        if not self.students:
            raise UserError("a chain without students; name at least one recipe with --student")
        if self.max_hash_distance >= 0 and not self.label.perceptual_hash:
            raise UserError("max_hash_distance needs label.perceptual_hash beside it")

    def label_config(self, number: int, teacher: str, out: Path) -> LabelConfig:
        """Give what the teacher of the student of this number, from 1, is told."""
        checkpoint = self.label.teacher_checkpoint if number == 1 else ""
        named = {"teacher": teacher, "index": self.unlabelled, "out": str(out), "teacher_checkpoint": checkpoint}
        return replace(self.label, **named)  # type: ignore[arg-type]  # all are text

    def select_config(self, number: int, predictions: Path, out: Path) -> SelectConfig:
        """Give how images for the student of this number are chosen: not those that its data set already has."""
        student = self.students[number - 1]
        return SelectConfig(
            predictions=predictions,
            index=Path(self.unlabelled),
            out=out,
            root=self.label.root,
            threshold=self.threshold,
            per_class=self.per_class,
            max_copies=self.max_copies,
            labels=student.joint.targets,
            labelled=Path(student.data.train_index) if student.data.train_index else None,
            held_out=(Path(student.data.val_index),) if student.data.val_index else (),
            max_hash_distance=self.max_hash_distance,
            seed=student.run.seed,
        )

"""What to label, with whom, and how."""

from dataclasses import dataclass

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.train.precision import Precision


@dataclass(frozen=True, kw_only=True)
class LabelConfig:
    """All that labelling is told.

    The numbers of a row follow from teacher, image, ``batch_size``, ``precision`` and device. On a CPU the number of
    threads counts as a part of the device: it may change the last bit.

    Args:
        teacher: a run directory, a file of weights, a published name, or ``timm:NAME``.
        index: folder of the index whose rows are labelled.
        out: folder of the predictions; what is there already is not done again.
        teacher_checkpoint: weights of a network of timm; empty for those that timm publishes.
        num_classes: classes that the teacher must know; 0 for any number.
        classes_of: folder of a labelled index whose classes the teacher must know; empty for any.
        root: where the files of the index are now, if they were moved as a whole; empty for where they were.
        top_k: classes to keep of each row, likeliest first; 0, or more than there are, keeps all.
        range_rows: rows of a file, a multiple of ``batch_size``. One that is interrupted is done again.
        batch_size: images in a forward pass.
        perceptual_hash: also hash what images look like, so that near-duplicates can be removed; a quarter more work
            for the processes that decode.
        num_workers: processes that decode for one that labels; -1 for one on a CPU, else one for each core.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        precision: of the forward pass; ``auto`` is bfloat16 where the device computes in it, else float32.
    """

    teacher: str = ""
    index: str = ""
    out: str = ""
    teacher_checkpoint: str = ""
    num_classes: int = 0
    classes_of: str = ""
    root: str = ""
    top_k: int = 10
    range_rows: int = 65_536
    batch_size: int = 128
    perceptual_hash: bool = False
    num_workers: int = -1
    device: str = "auto"
    precision: Precision = "auto"

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        check_choices(self)
        for name in ("top_k", "num_classes"):
            if getattr(self, name) < 0:
                raise UserError(f"{name}={getattr(self, name)}: give 0 or more")
        if self.batch_size < 1:
            raise UserError(f"batch_size={self.batch_size}: give at least 1")
        if self.range_rows < 1 or self.range_rows % self.batch_size:
            nearest = max(1, round(self.range_rows / self.batch_size)) * self.batch_size
            raise UserError(
                f"range_rows={self.range_rows}: give a multiple of batch_size={self.batch_size}, such as {nearest}"
            )
        if self.num_workers < -1:
            raise UserError(f"num_workers={self.num_workers}: give 0 or more, or -1 for as many as help")

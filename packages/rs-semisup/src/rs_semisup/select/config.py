"""What to select, and how."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rs_core.choices import check_choices
from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_semisup.select.bands import MAX_DISTANCE

Labels = Literal["soft", "hard"]

_SIZE = re.compile(r"[1-9]\d*(\.\d+)? ?[MGT]i?B")


@dataclass(frozen=True, kw_only=True)
class SelectConfig:
    """Settings of a selection. The defaults are those of Noisy Student (google-research/noisystudent).

    Args:
        predictions: folder that ``rs-semisup label`` wrote, complete.
        index: the index that was labelled.
        out: folder of the new index.
        root: where the indexed files are now, if they were moved as a whole; empty for where they were.
        threshold: least confidence of an image that may be chosen, in [0, 1].
        per_class: most images of a class, the most certain first; and as many as a class with fewer is brought to.
        duplicate: bring classes with fewer images to ``per_class`` by copies: rows of the same image.
        max_copies: rows of one image at most; 0 for no limit.
        labels: "soft" keeps the probabilities of the likeliest classes, "hard" the likeliest class alone.
        labelled: index of the labelled training images, which are not to be chosen again; it must have the classes of
            the teacher.
        held_out: indexes of the images of evaluations, which are not to be chosen at all.
        max_hash_distance: bits in which the perceptual hashes of an image and one of those may differ at most for it
            to count as the same; 0 to 12, where each bit more costs more time; -1 to compare the exact bytes alone.
        seed: of the rounding of copies.
        memory_limit: of DuckDB, such as "4GB"; beyond, it writes to the temporary folder.
        num_workers: processes that hash images, and threads of DuckDB. The result does not depend on it.

    Raises:
        UserError: a value out of its range, or folders that exclude each other.
    """

    predictions: Path
    index: Path
    out: Path
    root: str = ""
    threshold: float = 0.3
    per_class: int = 130_000
    duplicate: bool = True
    max_copies: int = 0
    labels: Labels = "soft"
    labelled: Path | None = None
    held_out: tuple[Path, ...] = ()
    max_hash_distance: int = -1
    seed: int = 0
    memory_limit: str = "2GB"
    num_workers: int = num_cores()

    def __post_init__(self) -> None:
        check_choices(self)
        if not 0 <= self.threshold <= 1:
            raise UserError(f"threshold={self.threshold}: give a probability, 0 to 1")
        if self.per_class < 1:
            raise UserError(f"per_class={self.per_class}: give at least 1 image of each class")
        if self.max_copies < 0:
            raise UserError(f"max_copies={self.max_copies}: give at least 1, or 0 for no limit")
        if not -1 <= self.max_hash_distance <= MAX_DISTANCE:
            raise UserError(
                f"max_hash_distance={self.max_hash_distance}: give 0 to {MAX_DISTANCE} bits, or -1 to compare the bytes"
            )
        if self.max_hash_distance >= 0 and not self.removed:
            raise UserError("max_hash_distance compares with labelled and held_out; give one of them too")
        if not _SIZE.fullmatch(self.memory_limit):
            raise UserError(f"memory_limit={self.memory_limit!r}: give a size, such as 4GB")
        if self.num_workers < 1:
            raise UserError(f"num_workers={self.num_workers}: give at least 1")
        for path in (self.index, self.predictions, *self.removed):
            if self.out.resolve() == path.resolve():
                raise UserError(f"{self.out}: is read for the selection; give another folder for it")

    @property
    def removed(self) -> tuple[Path, ...]:
        """The indexes whose images are not to be chosen: the labelled one, then those held out."""
        return ((self.labelled,) if self.labelled else ()) + self.held_out

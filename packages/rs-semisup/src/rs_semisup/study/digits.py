"""The built-in digits as a semi-supervised data set: a few with labels, the others without."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rs_core.data.digits import index_digits
from rs_core.data.index import SampleIndex
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists

IMAGES = "images"


@dataclass(frozen=True, kw_only=True)
class Digits:
    """Indexes of the digits: a few labelled, the others unlabelled, and those held out."""

    labelled: Path
    unlabelled: Path
    held_out: Path

    @classmethod
    def below(cls, folder: Path) -> Self:
        """Give where ``write_digits`` puts them."""
        return cls(**{field.name: folder / field.name / "index" for field in fields(cls)})


def write_digits(out: Path, *, labels_per_class: int, seed: int) -> Digits:
    """Write the digits as PNG files and index them; which of the training digits are labelled follows from the seed.

    >>> import tempfile
    >>> digits = write_digits(Path(tempfile.mkdtemp()), labels_per_class=4, seed=0)
    >>> from rs_core.data.index import open_index
    >>> len(open_index(digits.labelled)), len(open_index(digits.unlabelled)), len(open_index(digits.held_out))
    (40, 1398, 359)

    Raises:
        UserError: the folder cannot be written.
    """
    train, held_out = index_digits("train"), index_digits("val")
    chosen = choose_labelled(train.labels, labels_per_class, seed)
    others = np.setdiff1d(np.arange(len(train)), chosen)
    with_labels = BuildConfig(class_names=train.class_names)
    write_index(train, chosen, out / "labelled", with_labels)
    write_index(train, others, out / "unlabelled", BuildConfig(with_labels=False))
    write_index(held_out, np.arange(len(held_out)), out / "held_out", with_labels)
    return Digits.below(out)


def choose_labelled(labels: NDArray[np.int64], labels_per_class: int, seed: int) -> NDArray[np.int64]:
    """Draw so many rows of each class, and give them in ascending order."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(np.flatnonzero(labels == label), labels_per_class, replace=False) for label in np.unique(labels)]
    return np.sort(np.concatenate(rows))


def write_index(samples: SampleIndex, rows: NDArray[np.int64], out: Path, config: BuildConfig) -> None:
    """Write some samples as files beside a list of them, and index that."""
    images = out / IMAGES
    images.mkdir(parents=True, exist_ok=True)
    lines = ["file,label"]
    for row in rows.tolist():
        name = f"{samples.name(row).replace(' ', '-')}.png"
        (images / name).write_bytes(samples.read(row))
        lines.append(f"{name},{samples.labels[row]}")
    (out / "images.csv").write_text("\n".join(lines) + "\n")
    index_lists([str(out / "images.csv")], out / "index", config, root=str(images))

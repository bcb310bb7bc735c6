"""The pseudo-labelled images of a joint run."""

from pathlib import Path
from typing import Literal

from rs_core.data.index import SampleIndex, open_index
from rs_core.errors import UserError
from rs_core.train.classify import shown
from rs_semisup.classes import same_classes

SOFT_COLUMNS = ("pseudo_classes", "pseudo_probabilities")


def open_pseudo(path: str, class_names: tuple[str, ...], targets: Literal["soft", "hard"]) -> SampleIndex:
    """Open an index of pseudo-labelled images.

    Args:
        path: of the folder that ``rs-semisup select`` wrote.
        class_names: of the labelled images.
        targets: what is to be learned from each.

    Raises:
        UserError: there is none, or it is of other classes or has no labels of this kind.
    """
    if not path:
        raise UserError("data.pseudo_index is empty; name the index that rs-semisup select wrote")
    index = open_index(Path(path))
    if not same_classes(index.class_names, class_names):
        raise UserError(
            f"{path}: labelled with other classes ({len(index.class_names)}: {shown(index.class_names)}) than the "
            f"labelled images have ({len(class_names)}: {shown(class_names)}); label with a teacher of these"
        )
    missing = [name for name in SOFT_COLUMNS if name not in index.columns]
    if targets == "soft" and missing:
        raise UserError(
            f"{path}: has no soft labels (column {missing[0]}); select again with --labels soft, or train with "
            "--joint.targets hard"
        )
    return index

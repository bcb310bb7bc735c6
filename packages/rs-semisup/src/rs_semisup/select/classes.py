"""Whether a labelled index has the classes of the teacher."""

from pathlib import Path

from rs_core.data.index.store import open_stored
from rs_core.errors import UserError
from rs_core.train.classify import shown
from rs_semisup.classes import same_classes


def agreed_classes(teacher: tuple[str, ...], labelled: Path | None) -> tuple[str, ...]:
    """Give the names of the classes of the selection: those of the labelled index, which it is trained with.

    Raises:
        UserError: the labelled index has other classes than the teacher, or another order of them.
    """
    if labelled is None:
        return teacher
    names = open_stored(labelled).index.class_names
    if not same_classes(names, teacher):
        raise UserError(
            f"{labelled}: has other classes ({len(names):,}: {shown(names)}) than the teacher ({len(teacher):,}: "
            f"{shown(teacher)}); index the labelled images with the teacher's classes in their order"
        )
    return names

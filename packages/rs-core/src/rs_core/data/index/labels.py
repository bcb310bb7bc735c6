"""From labels as they are found, numbers or names, to class indices."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.layout import LabelKind
from rs_core.data.index.sample_index import NO_LABEL
from rs_core.errors import UserError, nearest

# A number beyond any real number of classes is a slip, and would make that many classes.
MAX_CLASSES = 1_000_000

Label = int | str | None

_INTEGER = re.compile(r"-?[0-9]{1,18}")


def label_of_text(text: str) -> Label:
    """Read a label from a table or a ``.cls`` member: a number, a name, or none.

    >>> label_of_text("7"), label_of_text("tench"), label_of_text(""), label_of_text("-1")
    (7, 'tench', None, None)
    """
    text = text.strip()
    if text in ("", str(NO_LABEL)):
        return None
    return int(text) if _INTEGER.fullmatch(text) else text


class LabelCollector:
    """Numbers labels in the order in which they turn up, and knows their class indices in the end.

    With given class names a label must be one of them or an index into them. Without given ones, either all labels are
    numbers, and are the class indices, or all are names, and the classes are these in sorted order.

    >>> labels = LabelCollector()
    >>> ids = labels.ids(["dog", "cat", "dog", None], str)
    >>> ids, labels.classes(), labels.indices(ids)
    (array([ 0,  1,  0, -1], dtype=int32), ('cat', 'dog'), array([ 1,  0,  1, -1]))

    Args:
        class_names: what the labels may be; ``None`` to find out.
    """

    def __init__(self, class_names: tuple[str, ...] | None = None) -> None:
        self.given = class_names
        self._index_of_given = {name: index for index, name in enumerate(class_names or ())}
        self._id_of: dict[Label, int] = {None: NO_LABEL}
        self._first_places: dict[type, str] = {}

    def ids(self, labels: Sequence[Label], where: Callable[[int], str]) -> NDArray[np.int32]:
        """Return the number of each label, ``NO_LABEL`` for none.

        Raises:
            UserError: a label that cannot be; ``where`` gives the place of the i-th.
        """
        known = self._id_of
        return np.fromiter(
            (known[label] if label in known else self._add(label, where(i)) for i, label in enumerate(labels)),
            np.int32,
            len(labels),
        )

    def _add(self, label: Label, where: str) -> int:
        if self.given is not None:
            self._check_given(label, where)
        elif isinstance(label, int) and not 0 <= label < MAX_CLASSES:
            raise UserError(f"{where}: label {label} is out of range; give a class index in 0 .. {MAX_CLASSES - 1}")
        else:
            self._check_alike(label, where)
        return self._id_of.setdefault(label, len(self._id_of) - 1)

    def _check_given(self, label: Label, where: str) -> None:
        num_classes = len(self._index_of_given)
        if isinstance(label, str) and label not in self._index_of_given:
            hint = nearest(label, list(self._index_of_given))
            raise UserError(f"{where}: no class is called {label!r}{hint}; correct the label or the class names")
        if isinstance(label, int) and not 0 <= label < num_classes:
            raise UserError(f"{where}: label {label} is out of range; give a class index in 0 .. {num_classes - 1}")

    def _check_alike(self, label: Label, where: str) -> None:
        kind = type(label)
        self._first_places.setdefault(kind, where)
        if len(self._first_places) > 1:
            other = next(place for seen, place in self._first_places.items() if seen is not kind)
            raise UserError(
                f"{where}: label {label!r} is a {'number' if kind is int else 'name'}, unlike that of {other}; "
                "correct it, or give the names of all classes"
            )

    @property
    def kind(self) -> LabelKind:
        """What the labels are, as far as they are known."""
        if self.given is not None or str in self._first_places:
            return "names"
        return "numbers" if self._first_places else "none"

    def classes(self) -> tuple[str, ...]:
        """Return the class names: those given, those found, or ``"0"``, ``"1"`` and so on up to the largest number."""
        if self.given is not None:
            return self.given
        found = [label for label in self._id_of if label is not None]
        numbers = [label for label in found if isinstance(label, int)]
        if numbers:
            return tuple(map(str, range(max(numbers) + 1)))
        return tuple(sorted(str(label) for label in found))

    def indices(self, ids: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the class index of each number that ``ids`` gave out."""
        index_of_name = {name: index for index, name in enumerate(self.classes())}
        table = np.full(len(self._id_of), NO_LABEL, np.int64)
        for label, number in self._id_of.items():
            if label is not None:
                table[number] = label if isinstance(label, int) else index_of_name[label]
        # None has the number -1, which is the last entry.
        indices: NDArray[np.int64] = table[ids]
        return indices

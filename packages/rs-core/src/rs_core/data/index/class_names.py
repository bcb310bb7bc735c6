"""The classes as a user gives them: a file of names, or how many there are."""

from pathlib import Path

from rs_core.errors import UserError


def read_class_names(path: Path) -> tuple[str, ...]:
    """Read a text file with one class name a line; spaces around a name and empty lines at the end do not count.

    Raises:
        UserError: it cannot be read, is empty, or has an empty or repeated line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); give a text file with one class a line") from error
    return parse_class_names(str(path), content)


def parse_class_names(path: str, content: bytes) -> tuple[str, ...]:
    """Read the content of such a file; ``path`` is used in messages only."""
    try:
        names = [line.strip() for line in content.decode("utf-8-sig").rstrip().split("\n")]
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8; give one with one class a line") from error
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name:
            raise UserError(f"{path}, line {number}: empty; give one class name a line")
        if seen.setdefault(name, number) != number:
            raise UserError(f"{path}, line {number}: {name!r} is already in line {seen[name]}; name each class once")
    return tuple(names)


def numbered_classes(num_classes: int) -> tuple[str, ...]:
    """Name classes by their index.

    >>> numbered_classes(3)
    ('0', '1', '2')
    """
    return tuple(str(index) for index in range(num_classes))

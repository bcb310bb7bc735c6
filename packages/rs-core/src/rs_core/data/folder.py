"""Data sets of image files: one folder per class, or any files below a folder and a table of labels."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rs_core.data.index import ByteColumn, Files, SampleIndex
from rs_core.data.index.image_names import IMAGE_EXTENSIONS
from rs_core.data.labels_csv import LabelRow, read_rows, resolve_labels
from rs_core.errors import UserError, nearest


def index_folder(root: Path, split: str, class_names: tuple[str, ...] | None = None) -> SampleIndex:
    """Index ``root/split``, which holds one folder of images per class, such as ``root/train/cat/1.jpg``.

    Classes and, within them, files are sorted by name. An image is a file with one of
    ``IMAGE_EXTENSIONS`` in any case; it may lie in a folder inside its class folder. Other files, and
    whatever starts with a dot, are ignored. Pass the ``class_names`` of the training split when indexing
    the validation split: the classes must then be the same.

    Raises ``UserError`` if a folder is missing, if there are no class folders, if one of them has no
    images, or if the classes differ from ``class_names``.
    """
    folder = _existing_folder(root, split)
    found = tuple(class_folders(folder))
    if class_names is None:
        class_names = found
    check_same_classes(folder, found, class_names)

    paths: list[bytes] = []
    num_images = []
    for name in class_names:
        images = sorted(_images_below(os.path.join(root, split, name), os.path.join(split, name)))  # noqa: PTH118
        if not images:
            raise no_images(folder / name)
        paths += images
        num_images.append(len(images))
    return SampleIndex(
        source=Files(root, ByteColumn.pack(paths)),
        labels=np.repeat(np.arange(len(class_names), dtype=np.int64), num_images),
        class_names=class_names,
    )


def index_csv(csv: Path, root: Path, class_names: tuple[str, ...] | None = None) -> SampleIndex:
    """Index the files below ``root`` that a CSV table with the header ``file,label`` names, in its order.

    ``file`` is a path relative to ``root``. ``label`` is read by these rules:

    * with ``class_names`` (those of the training set), it is one of these names or, failing that, an
      integer index into them;
    * without, and if every label of the table is an integer, it is a class index, and the classes are
      called ``"0"``, ``"1"`` and so on up to the largest;
    * otherwise every label is a name, and the classes are these names in sorted order.

    Raises ``UserError`` for a bad header, a missing or repeated file and an unknown label, with the row of
    the table; rows are counted as a spreadsheet does, the header being row 1.
    """
    rows = read_rows(csv)
    _check_files_exist(csv, root, rows)
    labels, class_names = resolve_labels(csv, rows, class_names)
    return SampleIndex(
        source=Files(root, ByteColumn.pack(os.fsencode(row.file) for row in rows)),
        labels=labels,
        class_names=class_names,
    )


def _check_files_exist(csv: Path, root: Path, rows: list[LabelRow]) -> None:
    # One listing per folder: asking for each of a million files takes minutes on a network drive.
    listings: dict[str, set[str]] = {}
    for row in rows:
        folder, name = os.path.split(row.file)
        if folder not in listings:
            path = root / folder
            listings[folder] = {entry.name for entry in os.scandir(path)} if path.is_dir() else set()
        if name not in listings[folder]:
            raise UserError(
                f"{csv}, row {row.number}: there is no file {root / row.file}; "
                "correct the path, which is relative to the image folder, or remove the row"
            )


def _existing_folder(root: Path, split: str) -> Path:
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; give the folder that holds train/ and val/")
    folder = root / split
    if not folder.is_dir():
        raise UserError(f"{root}: has no folder {split}/ ({_content(root)}); put one folder per class into it")
    return folder


def class_folders(folder: Path) -> list[str]:
    """Return the names of the folders in ``folder``, sorted; ``UserError`` if there are none."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    if not names:
        raise UserError(f"{folder}: no class folders ({_content(folder)}); put one folder per class there")
    return names


def no_images(folder: Path) -> UserError:
    """Say that the folder of a class is empty of images."""
    extensions = ", ".join(IMAGE_EXTENSIONS)
    return UserError(f"{folder}: no images ({extensions}); put images of the class there or remove the folder")


def check_same_classes(folder: Path, found: tuple[str, ...], class_names: tuple[str, ...]) -> None:
    """Raise a ``UserError`` unless the class folders ``found`` in ``folder`` are those of the training set."""
    unknown = sorted(set(found) - set(class_names))
    if unknown:
        raise UserError(
            f"{folder / unknown[0]}: not a class of the training set{nearest(unknown[0], list(class_names))}; "
            "rename or remove the folder"
        )
    missing = sorted(set(class_names) - set(found))
    if missing:
        raise UserError(
            f"{folder}: no folder for {len(missing)} of the {len(class_names)} classes of the training set, "
            f"such as {missing[0]!r}; add images of each class or remove it from the training set"
        )


def _images_below(folder: str, relative: str) -> Iterator[bytes]:
    """Yield the encoded paths of the images in ``folder``, written from where ``relative`` starts."""
    # Strings and scandir, not Path: a million files are listed in seconds.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _images_below(entry.path, f"{relative}{os.sep}{entry.name}")
            elif entry.name.lower().endswith(IMAGE_EXTENSIONS):
                yield os.fsencode(f"{relative}{os.sep}{entry.name}")


def _content(folder: Path) -> str:
    """Say what a folder holds, for a message about what it lacks."""
    shown = 3
    names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
    if not names:
        return "it is empty"
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"it holds {', '.join(names[:shown])}{rest}"

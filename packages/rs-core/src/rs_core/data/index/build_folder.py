"""Building an index from an image folder; subfolders that have not changed are not listed again."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rs_core.data.folder import check_same_classes, class_folders, no_images
from rs_core.data.index.build import BuildConfig, BuildReport, Changes, OnProgress, no_progress
from rs_core.data.index.building import building
from rs_core.data.index.file_table import NO_CRC
from rs_core.data.index.folder_walk import Folder, FolderWalk, joined, known_folders
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.previous import Previous, class_names_for, open_previous, refuse_to_lose_columns
from rs_core.data.index.storage import FileState, whole_path
from rs_core.data.index.writer import IndexWriter
from rs_core.errors import UserError

Images = dict[str, FileState]


def index_image_folder(
    root: Path, out: Path, config: BuildConfig, on_progress: OnProgress = no_progress
) -> BuildReport:
    """Index the images below ``root``, one folder per class, or in any folders if labels are not wanted.

    The rules are those of ``rs_core.data.folder.index_folder``, whose order of rows it gives too.

    Raises:
        UserError: a folder is missing or cannot be read, a class has no images or is not one of the given, or ``out``
            cannot be written, lies below ``root`` or has columns that would be lost.
    """
    root = Path(whole_path(str(root)))
    if out.resolve().is_relative_to(root.resolve()):
        raise UserError(f"{out}: lies in the folder to be indexed; give another folder for --out")
    with building(out):
        previous = open_previous(out, "folder", config)
        if previous and previous.stored.description.root != str(root):
            previous = None
        names = class_names_for(config, previous)
        classes = _classes(root, names) if config.with_labels else ()
        walk = FolderWalk(str(root), known_folders(previous) if previous else {})
        labels = LabelCollector(classes if config.with_labels else None)
        writer = IndexWriter(out, "folder", str(root), labels, with_labels=config.with_labels)
        changes = Changes()
        tops: Sequence[str] = classes if config.with_labels else [""]
        for done, top in enumerate(tops, start=1):
            folders = dict(walk.below(top))
            images = _images(folders)
            if not images:
                raise no_images(root / top)
            _count(changes, images, top, previous)
            _add(writer, folders, images, top)
            on_progress(done, len(tops), writer.num_rows)
        if previous:
            changes.removed = len(previous.files) - changes.unchanged - changes.changed
            if not changes.any and previous.stored.description.class_names == labels.classes():
                return BuildReport(description=previous.stored.description, changes=changes, written=False)
        refuse_to_lose_columns(out, config)
        return BuildReport(description=writer.finish(), changes=changes, written=True)


def _classes(root: Path, names: tuple[str, ...] | None) -> tuple[str, ...]:
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; give one that holds a folder per class")
    found = tuple(class_folders(root))
    check_same_classes(root, found, names or found)
    return names or found


def _images(folders: dict[str, Folder]) -> Images:
    """Give all images by path relative to the root, in the order of rows."""
    images = {joined(path, name): state for path, folder in folders.items() for name, state in folder.images}
    return dict(sorted(images.items(), key=lambda item: os.fsencode(item[0])))


def _count(changes: Changes, images: Images, top: str, previous: Previous | None) -> None:
    if previous is None:
        changes.new += len(images)
        return
    root = previous.files.root
    for name, state in images.items():
        path = joined(root, name)
        if path not in previous.file_of_path:
            changes.new += 1
        elif previous.unchanged(path, state) is None:
            changes.changed += 1
        else:
            changes.unchanged += 1


def _add(writer: IndexWriter, folders: dict[str, Folder], images: Images, top: str) -> None:
    writer.add_folders(list(map(os.fsencode, folders)), [folder.mtime_ns for folder in folders.values()])
    states = list(images.values())
    first = writer.add_files(list(map(os.fsencode, images)), states, [NO_CRC] * len(states))
    ids = writer.labels.ids([top or None], lambda _: str(top))
    rows = np.arange(first, first + len(states))
    sizes = np.array([state.size for state in states], np.int64)
    writer.add_rows(rows, np.zeros(len(rows), np.int64), sizes, np.full(len(rows), ids[0]))

"""Videos in a folder with a folder per class."""

from pathlib import Path

from rs_core.data.index.storage import whole_path
from rs_core.errors import UserError, nearest
from rs_video.index.listing import LeftOut, Listing, VideoRow
from rs_video.index.video_names import SOME_EXTENSIONS
from rs_video.index.walk import videos_below

# What the folders of a split are called; as classes they are a slip.
SPLITS = {"train", "val", "valid", "validate", "validation", "test", "holdout"}


def list_folder(folder: Path, class_names: tuple[str, ...] | None, *, with_labels: bool) -> Listing:
    """List the videos of each class folder, at any depth, by class and then by path.

    Without labels, the videos may lie anywhere.

    Args:
        folder: of one split.
        class_names: what the class folders may be called; ``None`` for any.
        with_labels: take the names of the class folders as labels.

    Raises:
        UserError: there are no class folders or no videos, the folder holds splits, or a class is not one of the given.
    """
    root = whole_path(str(folder))
    files = list(videos_below(Path(root)))
    if not files:
        raise UserError(f"{folder}: no videos ({SOME_EXTENSIONS}) in it or below; check the path")
    if not with_labels:
        bare = [VideoRow(file, None, f"{root}/{file}") for file in files]
        return Listing(root=root, rows=bare, num_listed=len(files))
    found = sorted(path.name for path in Path(root).iterdir() if path.is_dir() and not path.name.startswith("."))
    _refuse_splits(folder, {file.partition("/")[0] for file in files if "/" in file})
    _check_classes(folder, tuple(found), class_names)
    rows = [VideoRow(file, file.partition("/")[0], f"{root}/{file}") for file in files if "/" in file]
    reason = "in no class folder"
    stray = [LeftOut(file=file, kind="unlabelled", reason=reason) for file in files if "/" not in file]
    names = class_names or tuple(found)
    return Listing(root=root, rows=rows, num_listed=len(files), class_names=names, left_out=stray)


def _refuse_splits(folder: Path, tops: set[str]) -> None:
    if tops and tops <= SPLITS:
        names = sorted(tops)
        raise UserError(
            f"{folder}: its videos lie in {', '.join(f'{name}/' for name in names)}, which are splits and no classes; "
            f"make an index of each: rs-video index {folder / names[0]} --out …"
        )


def _check_classes(folder: Path, found: tuple[str, ...], class_names: tuple[str, ...] | None) -> None:
    if not found:
        raise UserError(f"{folder}: no class folders; put one folder per class there, or give --unlabelled")
    unknown = sorted(set(found) - set(class_names or found))
    if unknown:
        raise UserError(
            f"{folder / unknown[0]}: not one of the {len(class_names or ()):,} classes"
            f"{nearest(unknown[0], list(class_names or ()))}; rename or remove the folder"
        )

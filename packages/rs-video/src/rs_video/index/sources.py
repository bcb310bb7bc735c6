"""One door to all that videos can be listed from: what is given decides."""

from pathlib import Path

from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.storage import whole_path
from rs_core.errors import UserError
from rs_video.index.csv_rows import header_of, read_rows
from rs_video.index.folder import list_folder
from rs_video.index.kinetics import COLUMNS, list_kinetics
from rs_video.index.listing import Listing
from rs_video.index.path_list import list_paths


def list_videos(
    source: Path, *, root: Path | None, split: str, class_names: tuple[str, ...] | None, with_labels: bool
) -> Listing:
    """List the videos of a folder with a folder per class, of an official list of Kinetics, or of a list of paths.

    Args:
        source: folder, or list in a text file.
        root: of lists, where their videos are; ``None`` for the folder of the list.
        split: of official lists, which of their splits.
        class_names: what labels may be; ``None`` for what is found.
        with_labels: take labels.

    Raises:
        UserError: see each kind.
    """
    if source.is_dir():
        if (source / DESCRIPTION).exists():
            raise UserError(f"{source}: is an index already; give the videos, or leave out --out to see what it holds")
        _refuse(source, "root", root)
        _refuse(source, "split", split)
        return list_folder(source, class_names, with_labels=with_labels)
    if not source.exists():
        raise UserError(f"{source}: no such file or folder; check the path")
    folder = source.parent if root is None else root
    if not folder.is_dir():
        raise UserError(f"--root {folder}: no such folder; give the one that the videos of {source} are in")
    folder = Path(whole_path(str(folder)))
    if set(COLUMNS) <= set(header_of(source)):
        return list_kinetics(source, read_rows(source), folder, split, with_labels=with_labels)
    _refuse(source, "split", split)
    return list_paths(source, folder, with_labels=with_labels)


def _refuse(source: Path, option: str, value: object) -> None:
    if value:
        kind = "lists" if option == "root" else "official lists of Kinetics, with a column split"
        raise UserError(f"{source}: --{option} is for {kind}; leave it out")

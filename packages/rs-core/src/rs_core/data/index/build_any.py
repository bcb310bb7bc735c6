"""One door to all ways of building an index: what is given decides."""

from collections.abc import Sequence
from pathlib import Path

from rs_core.data.index.addresses import expand
from rs_core.data.index.build import BuildConfig, BuildReport, OnProgress, no_progress
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_list import index_lists
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.storage import is_remote
from rs_core.errors import UserError


def build_index(
    sources: Sequence[str],
    out: Path,
    config: BuildConfig,
    *,
    root: str = "",
    on_progress: OnProgress = no_progress,
) -> BuildReport:
    """Index an image folder, tar shards or lists into the folder ``out``.

    Args:
        sources: one image folder; or shards, or lists, in any form of ``rs_core.data.index.addresses.expand``.
        out: folder of the index; if it holds one, only what is new or changed is read.
        config: how.
        root: of lists, what their names start from; empty for the folder of each.
        on_progress: told how far it is.

    Raises:
        UserError: a source is missing, bad or of no known kind; see the builders of each kind.
    """
    if len(sources) == 1 and _is_image_folder(sources[0]):
        _refuse_root(root)
        return index_image_folder(Path(sources[0]), out, config, on_progress)
    paths = [path for source in sources for path in expand(source)]
    kind = _kind(paths[0])
    for path in paths:
        if _kind(path) != kind:
            raise UserError(f"{path}: not {kind} as {paths[0]} is; index shards and lists separately")
    if kind == "a list":
        return index_lists(paths, out, config, root=root, on_progress=on_progress)
    _refuse_root(root)
    return index_shards(paths, out, config, on_progress)


def _refuse_root(root: str) -> None:
    if root:
        raise UserError(f"--root {root}: it is for lists, whose names start from there; leave it out")


def _kind(path: str) -> str:
    if path.lower().endswith(".tar"):
        return "a shard"
    if path.lower().endswith((".csv", ".parquet")):
        return "a list"
    if not is_remote(path) and not Path(path).exists():
        raise UserError(f"{path}: no such file or folder; check the path")
    raise UserError(f"{path}: no known data set; give an image folder, shards (.tar) or lists (.csv, .parquet)")


def _is_image_folder(source: str) -> bool:
    folder = Path(source)
    if is_remote(source) or not folder.is_dir():
        return False
    if (folder / DESCRIPTION).exists():
        raise UserError(f"{source}: is an index already; give the images, or leave out --out to see what it holds")
    return not any(path.suffix == ".tar" for path in folder.iterdir())
